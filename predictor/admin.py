"""The records, for superusers: to look at, to search, to count, to delete with their files."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from predictor import access, storage
from predictor.models import AdversarialImage, Image, Prediction
from predictor.services.deletion import adversarials_delete, images_delete, owner_delete, predictions_delete
from predictor.views.respond import etag_of, file_response


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A record of what happened: nobody adds or edits one by hand, and deleting it deletes its files."""

    list_per_page = 50
    date_hierarchy = "created"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))


class PictureAdmin(RecordAdmin):
    """A record with a picture, which only the staff may see through here."""

    readonly_fields = ("picture",)

    def find(self, pk: UUID) -> Image | AdversarialImage:
        raise NotImplementedError

    @property
    def thumb_name(self) -> str:
        return f"predictor_{self.opts.model_name}_thumb"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.thumb_view)
        return [path("<uuid:pk>/thumb/", view, name=self.thumb_name), *super().get_urls()]

    def thumb_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise Http404
        row = self.find(pk)
        return file_response(
            request,
            lambda: storage.read(row.thumbnail),
            content_type="image/webp",
            etag=etag_of("admin", row.pk),
        )

    @admin.display(description=_("picture"))
    def picture(self, row: Image | AdversarialImage) -> SafeString:
        url = reverse(f"admin:{self.thumb_name}", args=[row.pk])
        return format_html('<img src="{}" alt="" height="64" loading="lazy">', url)


@admin.register(Image)
class ImageAdmin(PictureAdmin):
    list_display = (
        "picture",
        "name",
        "owner",
        "size",
        "true_class",
        "predictions",
        "adversarials",
        "created",
    )
    list_display_links = ("picture", "name")
    list_filter = ("created", "true_class")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "sha256")

    def find(self, pk: UUID) -> Image:
        return access.staff_image_or_404(pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        made = AdversarialImage.objects.filter(prediction__image=OuterRef("pk"))
        answers = Prediction.objects.filter(image=OuterRef("pk"))
        rows: QuerySet[Image] = super().get_queryset(request)
        return rows.annotate(
            prediction_count=_counted(answers, "image"), adversarial_count=_counted(made, "prediction__image")
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        images_delete(images=queryset)

    @admin.display(description=_("size"))
    def size(self, row: Image) -> str:
        return f"{row.width}×{row.height}"

    @admin.display(description=_("predictions"), ordering="prediction_count")
    def predictions(self, row: Any) -> int:
        return int(row.prediction_count)

    @admin.display(description=_("adversarial images"), ordering="adversarial_count")
    def adversarials(self, row: Any) -> int:
        return int(row.adversarial_count)


@admin.register(Prediction)
class PredictionAdmin(RecordAdmin):
    list_display = (
        "image",
        "owner",
        "model_name",
        "weights",
        "class_name",
        "confidence",
        "unsure",
        "suspicion",
        "tampered",
        "created",
    )
    list_filter = ("model_name", "class_name", "unsure", "tampered", "created")
    list_select_related = ("image__owner",)
    search_fields = ("image__name", "image__owner__username", "weights_sha256")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Prediction]) -> None:
        predictions_delete(predictions=queryset)

    @admin.display(description=_("Weights"), ordering="weights_sha256")
    def weights(self, row: Prediction) -> str:
        return row.short_hash

    @admin.display(description=_("owner"), ordering="image__owner__username")
    def owner(self, row: Prediction) -> str:
        return row.image.owner.get_username()


@admin.register(AdversarialImage)
class AdversarialImageAdmin(PictureAdmin):
    list_display = (
        "picture", "image", "owner", "attack", "written", "target", "resolution", "before", "class_name",
        "confidence", "suspicion", "tampered", "created",
    )  # fmt: skip
    list_filter = ("attack", "resolution", "prediction__model_name", "class_name", "tampered", "created")
    list_select_related = ("prediction__image__owner",)
    search_fields = ("prediction__image__name", "prediction__image__owner__username")

    def find(self, pk: UUID) -> AdversarialImage:
        return access.staff_adversarial_or_404(pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AdversarialImage]) -> None:
        adversarials_delete(adversarials=queryset)

    @admin.display(description=_("image"), ordering="prediction__image__name")
    def image(self, row: AdversarialImage) -> str:
        return row.prediction.image.name

    @admin.display(description=_("owner"), ordering="prediction__image__owner__username")
    def owner(self, row: AdversarialImage) -> str:
        return row.prediction.image.owner.get_username()

    @admin.display(description="ε", ordering="steps")
    def written(self, row: AdversarialImage) -> str:
        return row.epsilon_text

    @admin.display(description=_("before"), ordering="prediction__class_name")
    def before(self, row: AdversarialImage) -> str:
        return row.prediction.class_name


class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's users, with how much each keeps; their files go with them."""

    list_display = ("username", "email", "is_staff", "date_joined", "last_login", "image_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        owned = Image.objects.filter(owner=OuterRef("pk"))
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(images_kept=_counted(owned, "owner"))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        owner_delete(user=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            for user in queryset:
                owner_delete(user=user)
            super().delete_queryset(request, queryset)

    @admin.display(description=_("images"), ordering="images_kept")
    def image_count(self, row: Any) -> int:
        return int(row.images_kept)


def _counted(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of `rows` hang on the outer row, without a join that multiplies."""
    counts = rows.order_by().values(field).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


admin.site.unregister(User)
admin.site.register(User, PersonAdmin)
