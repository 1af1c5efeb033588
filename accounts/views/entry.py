"""Signing up, in and out."""

from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import cookies, selectors, services
from accounts.forms import SignInForm, SignUpForm, saved


def next_url(request: HttpRequest, fallback: str) -> str:
    """The page asked for in `next` when it is on this site, else `fallback` (a name or a path)."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe else resolve_url(fallback)


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Make an account and sign in with it."""
    if request.user.is_authenticated:
        return redirect(next_url(request, "predictor:try"))
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := saved(form)):
        services.preferences_update(user=user, **cookies.chosen(request))
        login(request, user)
        return redirect(next_url(request, "predictor:try"))
    context = {"form": form, "next": next_url(request, "predictor:try")}
    return render(request, "accounts/signup.html", context)


class SignIn(auth_views.LoginView):
    """Django's own, with slowed-down guessing, that brings the person's preferences along."""

    template_name = "accounts/signin.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    http_method_names = ("get", "post", "head", "options")

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User):
            cookies.remember_profile(response, selectors.profile_of(user=user))
        return response


class SignOut(auth_views.LogoutView):
    """Django's own: by POST only, so that no picture on another site can sign anybody out."""
