"""Addresses of images, their attacks, the history, the models and the public samples."""

from django.urls import path

from predictor.views import (
    attack,
    attempt,
    demo,
    files,
    history,
    lab,
    models,
    more_attacks,
    others,
    samples,
    sweep,
)

app_name = "predictor"

urlpatterns = [
    path("try/", attempt.attempt, name="try"),
    path("try/sample/<slug:slug>/", attempt.attempt_sample, name="try_sample"),
    path("samples/<slug:slug>.png", samples.sample_file, name="sample_file"),
    path("demo/<slug:slug>/sweep/", demo.demo_sweep, name="demo_sweep"),
    path("demo/<slug:slug>/input.png", demo.demo_input, name="demo_input"),
    path("images/<uuid:image_id>/", lab.lab, name="lab"),
    path("images/<uuid:image_id>/truth/", lab.truth, name="truth"),
    path("images/<uuid:image_id>/others/", others.others, name="others"),
    path("images/<uuid:image_id>/others/<str:name>/", others.other, name="other"),
    path("images/<uuid:image_id>/invert/", lab.invert, name="invert"),
    path("images/<uuid:image_id>/delete/", lab.image_delete, name="image_delete"),
    path("images/<uuid:image_id>/sweep/", sweep.sweep, name="sweep"),
    path("images/<uuid:image_id>/curve.csv", sweep.curve_csv, name="curve_csv"),
    path("images/<uuid:image_id>/sign.png", sweep.sign_file, name="sign_file"),
    path("images/<uuid:image_id>/preview.png", sweep.preview_file, name="preview_file"),
    path("images/<uuid:image_id>/difference.png", sweep.difference_file, name="difference_file"),
    path("images/<uuid:image_id>/file/", files.image_file, name="image_file"),
    path("images/<uuid:image_id>/thumb/", files.image_thumb, name="image_thumb"),
    path("images/<uuid:image_id>/input.png", files.input_file, name="input_file"),
    path("images/<uuid:image_id>/attacks/", attack.attack_save, name="attack_save"),
    path("images/<uuid:image_id>/more-attacks/", more_attacks.attack_form, name="attack_form"),
    path("images/<uuid:image_id>/more-attacks/runs/", more_attacks.attack_runs, name="attack_runs"),
    path(
        "images/<uuid:image_id>/more-attacks/<uuid:run_id>/cancel/",
        more_attacks.attack_cancel,
        name="attack_cancel",
    ),
    path("adversarial/<uuid:adversarial_id>/file/", files.adversarial_file, name="adversarial_file"),
    path("adversarial/<uuid:adversarial_id>/thumb/", files.adversarial_thumb, name="adversarial_thumb"),
    path("adversarial/<uuid:adversarial_id>/delete/", attack.adversarial_delete, name="adversarial_delete"),
    path("history/", history.history, name="history"),
    path("history/delete/", history.history_delete, name="history_delete"),
    path("history.csv", history.history_csv, name="history_csv"),
    path("models/", models.model_list, name="models"),
    path("models/<str:name>/", models.model_card, name="model_card"),
]
