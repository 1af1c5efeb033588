"""Preferences beside the user in the administration."""

from django.contrib import admin

from accounts.models import Profile


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "language", "theme")
    list_filter = ("language", "theme")
    search_fields = ("user__username", "user__email")
    autocomplete_fields = ("user",)
