"""A person's own page: name, address, preferences, their data, the end of the account."""

import tempfile
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import cookies, selectors, services
from accounts.forms import AccountForm, DeleteForm, PreferencesForm, ProfileForm, saved
from accounts.views.entry import next_url


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show the account; POST changes name and address."""
    user = cast(User, request.user)
    # The form works on its own copy: a refused name must not show up in the header.
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid() and saved(form):
        messages.success(request, gettext("Saved."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "preferences": ProfileForm(instance=selectors.profile_of(user=user)),
        "counts": selectors.counts_of(user=user),
    }
    return render(request, "accounts/profile.html", context)


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Store language and theme in cookies for everybody; all in the profile of who is signed in."""
    form = PreferencesForm(request.POST)
    response = redirect(next_url(request, "landing"))
    if not form.is_valid():
        messages.error(request, gettext("There is no such choice; nothing was changed."))
        return response
    chosen = form.cleaned_data
    if request.user.is_authenticated:
        services.preferences_update(user=request.user, **chosen)
    cookies.remember(response, language=chosen["language"], theme=chosen["theme"])
    return response


@login_required
@require_GET
def export(request: HttpRequest) -> FileResponse:
    """Everything that is kept about this person, as one zip."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    services.export_write(user=cast(User, request.user), file=file)
    file.seek(0)
    name = f"epsilon-{timezone.now():%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account after asking for its password."""
    user = cast(User, request.user)
    form = DeleteForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        services.account_delete(user=user)
        logout(request)
        messages.success(request, gettext("Your account and all its pictures are deleted."))
        return redirect("landing")
    return render(request, "accounts/delete.html", {"form": form, "counts": selectors.counts_of(user=user)})
