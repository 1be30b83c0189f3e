"""The forms of companies, of what documents say of their issuer, and of payments by bank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.money import from_minor, to_minor
from payments.forms import AmountField, MomentField
from payments.models import CompanyAccount, CustomerGroup, InvoicePayment, IssuerDetails

VAT: Final = RegexValidator(
    r"^[A-Z]{2}[A-Z0-9+*.]{2,13}\Z",
    gettext_lazy("Write it with the letters of the country, for example DE123456788."),
)
COUNTRY: Final = RegexValidator(
    r"^[A-Z]{2}\Z", gettext_lazy("Write the two letters of the country, for example DE.")
)
IBAN_LENGTH: Final = range(15, 35)


def _tidy(text: str) -> str:
    """Capital letters, without the spaces that people read it by."""
    return "".join(text.split()).upper()


class _PartyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody with an address and a VAT number."""

    vat_number = forms.CharField(
        label=gettext_lazy("VAT number"), required=False, max_length=20, validators=[VAT]
    )
    country_code = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=2,
        validators=[COUNTRY],
        help_text=gettext_lazy("Two letters, for example DE"),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        if data is not None:
            data = data.copy()
            for name in ("vat_number", "country_code", "iban", "invoice_prefix"):
                if name in data:
                    data[name] = _tidy(data[name])
        super().__init__(data, **more)


class CompanyForm(_PartyForm):
    monthly_limit = AmountField(
        label=gettext_lazy("Limit per month"),
        decimal_places=3,
        help_text=gettext_lazy("Tax included. Beyond it drivers pay with their own card. Empty: no limit"),
    )
    locale = forms.ChoiceField(label=gettext_lazy("Language of their invoices"), choices=settings.LANGUAGES)

    class Meta:
        model = CompanyAccount
        fields = (
            "name",
            "street",
            "postal_code",
            "city",
            "country_code",
            "vat_number",
            "buyer_reference",
            "email",
            "locale",
            "is_active",
        )

    def __init__(self, currency: str, data: Any = None, **more: Any) -> None:
        company = more.get("instance")
        if company is not None and company.monthly_limit_minor is not None:
            more["initial"] = {"monthly_limit": from_minor(company.monthly_limit_minor, currency)}
        super().__init__(data, **more)
        self.currency = currency

    def clean_monthly_limit(self) -> Any:
        limit = self.cleaned_data["monthly_limit"]
        if limit == 0:
            raise forms.ValidationError(_("Empty is no limit; uncheck “may charge” for none at all."))
        return limit

    def said(self) -> dict[str, Any]:
        """The fields of the account. The form is valid."""
        limit = self.cleaned_data.pop("monthly_limit")
        minor = None if limit is None else to_minor(limit, self.currency)
        return {**self.cleaned_data, "monthly_limit_minor": minor}


class MemberForm(forms.Form):
    who = forms.CharField(
        label=gettext_lazy("Driver's e-mail or card number"),
        max_length=255,
        help_text=gettext_lazy("A card must be one of this network's"),
    )
    cost_center = forms.CharField(label=gettext_lazy("Cost center"), max_length=60, required=False)


class GroupForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class GroupChangeForm(GroupForm):
    company = forms.ModelChoiceField(
        CompanyAccount.objects.none(),
        label=gettext_lazy("On whose account"),
        required=False,
        empty_label=gettext_lazy("Each pays herself"),
        help_text=gettext_lazy("Whoever is on a company's account by herself stays on that one"),
    )

    def __init__(self, group: CustomerGroup, data: Any = None) -> None:
        super().__init__(data, initial={"name": group.name, "company": group.company_id})
        field: Any = self.fields["company"]
        field.queryset = CompanyAccount.objects.filter(organization=group.organization).order_by("name")


class GroupMemberForm(forms.Form):
    who = forms.CharField(
        label=gettext_lazy("Driver's e-mail or card number"),
        max_length=255,
        help_text=gettext_lazy("A card must be one of this network's"),
    )


class VoucherForm(forms.Form):
    count = forms.IntegerField(label=gettext_lazy("How many codes"), min_value=1, max_value=200, initial=1)
    charges_allowed = forms.IntegerField(
        label=gettext_lazy("Charges with each"), min_value=1, max_value=1000, initial=1
    )
    charge_limit = AmountField(
        label=gettext_lazy("At most per charge"),
        decimal_places=3,
        help_text=gettext_lazy("Tax included; the charge stops before. Empty: no limit"),
    )
    total_limit = AmountField(
        label=gettext_lazy("At most with each code"),
        decimal_places=3,
        help_text=gettext_lazy("All its charges together. Empty: no limit"),
    )
    valid_until = MomentField(label=gettext_lazy("Valid until"))
    cost_center = forms.CharField(label=gettext_lazy("Cost center"), max_length=60, required=False)

    def __init__(self, currency: str, data: Any = None) -> None:
        super().__init__(data, auto_id="voucher_%s")
        self.currency = currency

    def clean_valid_until(self) -> Any:
        moment = self.cleaned_data["valid_until"]
        if moment <= clock.now():
            raise forms.ValidationError(_("This moment is past."))
        return moment

    def clean_charge_limit(self) -> Any:
        return _no_zero(self.cleaned_data["charge_limit"])

    def clean_total_limit(self) -> Any:
        return _no_zero(self.cleaned_data["total_limit"])

    def said(self) -> dict[str, Any]:
        """What the service asks for. The form is valid."""
        said = dict(self.cleaned_data)
        for name in ("charge_limit", "total_limit"):
            limit = said.pop(name)
            said[f"{name}_minor"] = None if limit is None else to_minor(limit, self.currency)
        return said


def _no_zero(limit: Any) -> Any:
    if limit == 0:
        raise forms.ValidationError(_("Empty is no limit."))
    return limit


class IssuerForm(_PartyForm):
    class Meta:
        model = IssuerDetails
        fields = (
            "legal_name",
            "street",
            "postal_code",
            "city",
            "country_code",
            "vat_number",
            "tax_number",
            "email",
            "iban",
            "payment_days",
            "invoice_prefix",
        )

    def clean_iban(self) -> str:
        """ISO 13616: moved and read as a number, its remainder by 97 is 1."""
        iban = str(self.cleaned_data["iban"])
        if not iban:
            return iban
        if len(iban) not in IBAN_LENGTH or not iban.isalnum() or not iban.isascii():
            raise forms.ValidationError(_("This is not an IBAN."))
        digits = "".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])
        if int(digits) % 97 != 1:
            raise forms.ValidationError(_("A digit of this IBAN is wrong."))
        return iban


class PaidForm(forms.ModelForm):  # type: ignore[type-arg]
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = InvoicePayment
        fields = ("paid_on", "reference")

    def clean_paid_on(self) -> Any:
        day = self.cleaned_data["paid_on"]
        if day > clock.now().date():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class MappingForm(forms.Form):
    """A number for each of our ledger accounts."""

    def __init__(self, known: Mapping[str, str], data: Any = None) -> None:
        super().__init__(data)
        self.accounts = {f"account_{n}": account for n, account in enumerate(known)}
        for name, account in self.accounts.items():
            self.fields[name] = forms.RegexField(
                r"^[\w.-]*\Z", label=account, max_length=20, required=False, initial=known[account]
            )

    def numbers(self) -> dict[str, str]:
        """By account. The form is valid."""
        return {account: self.cleaned_data[name] for name, account in self.accounts.items()}
