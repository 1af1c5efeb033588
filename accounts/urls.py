"""The addresses of the accounts pages."""

from django.urls import path

from accounts.views import entry, passwords, profile

app_name = "accounts"
urlpatterns = [
    path("sign-up/", entry.signup, name="signup"),
    path("sign-in/", entry.SignIn.as_view(), name="signin"),
    path("sign-out/", entry.SignOut.as_view(), name="signout"),
    path("password/", passwords.Change.as_view(), name="password_change"),
    path("password/done/", passwords.ChangeDone.as_view(), name="password_change_done"),
    path("reset/", passwords.Reset.as_view(), name="password_reset"),
    path("reset/sent/", passwords.ResetDone.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", passwords.ResetConfirm.as_view(), name="password_reset_confirm"),
    path("reset/done/", passwords.ResetComplete.as_view(), name="password_reset_complete"),
    path("profile/", profile.profile, name="profile"),
    path("preferences/", profile.preferences, name="preferences"),
    path("export/", profile.export, name="export"),
    path("delete/", profile.delete, name="delete"),
]
