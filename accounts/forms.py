"""The forms of the accounts pages, on top of Django's own."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm, UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import selectors, throttle
from accounts.models import Language, Profile, Theme, WhenTampered

NAME_TAKEN = _("A user with that username already exists.")


def saved(form: "SignUpForm | AccountForm") -> User | None:
    """The account of a valid form, stored; None, and the form says so, where its name was taken meanwhile."""
    try:
        with transaction.atomic():
            user: User = form.save()
    except IntegrityError:  # somebody was quicker, or the same button was pressed twice
        form.add_error("username", NAME_TAKEN)
        return None
    return user


def _describe_email(field: forms.Field) -> None:
    field.label = _("E-mail (optional)")
    field.help_text = _("Only used to let you back in when the password is forgotten.")
    field.widget.attrs["autocomplete"] = "email"


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]
    """A name that nobody has in any spelling, a password, and an address if the person wants one.

    Addresses need not be unique: saying that one is taken would tell a stranger who has an account.
    """

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = _("Letters, digits and @ . + - _ only.")
        _describe_email(self.fields["email"])


class SignInForm(AuthenticationForm):
    """Name and password; the spelling of the name does not matter, and guessing is slowed down."""

    paused_sentence = _("Too many failed sign-ins for this name; wait 15 minutes, or reset the password.")

    def clean_username(self) -> str:
        return selectors.username_as_stored(username=self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        address = throttle.address_of(self.request)
        if throttle.is_paused(name, address):
            raise ValidationError(self.paused_sentence, code="paused")
        try:
            cleaned = super().clean()
        except ValidationError:
            throttle.record_failure(name, address)
            raise
        throttle.forget(name, address)
        return cleaned


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the administration, which lets only its staff in."""


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and address of an existing account."""

    class Meta:
        model = User
        fields = ("username", "email")
        # Normalises as signing up and in do: a name kept otherwise would let nobody in.
        field_classes = {"username": UsernameField}  # noqa: RUF012 (as Django writes it)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = _("Letters, digits and @ . + - _ only.")
        _describe_email(self.fields["email"])

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(NAME_TAKEN, code="unique")
        return name


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """All preferences at once, on the profile page."""

    class Meta:
        model = Profile
        fields = ("language", "theme", "when_tampered")


class PreferencesForm(forms.Form):
    """One preference or more, from the profile page or the switches in the header."""

    language = forms.ChoiceField(choices=Language.choices, required=False)
    theme = forms.ChoiceField(choices=Theme.choices, required=False)
    when_tampered = forms.ChoiceField(choices=WhenTampered.choices, required=False)


class DeleteForm(forms.Form):
    """The password once more, before everything is deleted."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password; nothing was deleted."), code="wrong")
        return password
