"""The forms of tariffs: prices in an operator's words, bands of the week, OCPI as text."""

from __future__ import annotations

import json
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.rating import ocpi
from payments.rating.plain import DECIMALS, MINUTES
from payments.rating.tariff import DAYS

BANDS_AT_MOST: Final = 24
DAY_S: Final = 86_400
WEEKDAYS: Final = tuple(
    zip(
        DAYS,
        (
            gettext_lazy("Mon"),
            gettext_lazy("Tue"),
            gettext_lazy("Wed"),
            gettext_lazy("Thu"),
            gettext_lazy("Fri"),
            gettext_lazy("Sat"),
            gettext_lazy("Sun"),
        ),
        strict=True,
    )
)


class AmountField(forms.DecimalField):
    """A non-negative number, with a point or a comma before its decimals."""

    def __init__(self, **more: Any) -> None:
        more = {"max_digits": 10, "decimal_places": DECIMALS, "min_value": 0, "required": False, **more}
        super().__init__(widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}), **more)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().replace(",", ".") if isinstance(value, str) else value)


class MomentField(forms.DateTimeField):
    """A date and a time of the network's time zone."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        if moment is not None and not 2000 <= moment.year <= 2100:
            raise forms.ValidationError(_("Choose a year between 2000 and 2100."))
        return moment


class HoursField(forms.TimeField):
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")


CURRENCY: Final = RegexValidator(
    r"^[A-Za-z]{3}$", gettext_lazy("Write the three letters of the currency, for example EUR.")
)


class TariffForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, validators=[CURRENCY])
    tax_included = forms.ChoiceField(
        label=gettext_lazy("Tax"),
        choices=[
            ("YES", gettext_lazy("The prices include it")),
            ("NO", gettext_lazy("It is added to the prices")),
            ("N/A", gettext_lazy("There is none")),
        ],
    )
    vat = AmountField(label=gettext_lazy("Tax in percent"), max_value=100, decimal_places=2)
    per_kwh = AmountField(label=gettext_lazy("Price per kWh"))
    per_minute = AmountField(label=gettext_lazy("Per minute of charging"))
    idle_per_minute = AmountField(
        label=gettext_lazy("Idle fee per minute"),
        help_text=gettext_lazy("For a full car that stays plugged in"),
    )
    idle_grace_minutes = forms.IntegerField(
        label=gettext_lazy("Free minutes before it"), min_value=0, max_value=1440, required=False
    )
    step_s = forms.TypedChoiceField(
        label=gettext_lazy("Time counts"),
        coerce=int,
        choices=[(MINUTES, gettext_lazy("in started minutes")), (1, gettext_lazy("by the second"))],
    )
    start_fee = AmountField(label=gettext_lazy("Start fee"), help_text=gettext_lazy("Once per charge"))
    reservation_fee = AmountField(
        label=gettext_lazy("Reservation fee"),
        help_text=gettext_lazy("Once, with the charge of whoever booked and came"),
    )
    reserved_per_hour = AmountField(
        label=gettext_lazy("Per hour reserved"),
        help_text=gettext_lazy("From the booked start until the charge begins"),
    )
    missed_fee = AmountField(
        label=gettext_lazy("Fee for not coming"),
        help_text=gettext_lazy(
            "In place of the reservation fee, when nobody came; canceling in time is free"
        ),
    )
    min_price = AmountField(label=gettext_lazy("Minimum price"))
    max_price = AmountField(label=gettext_lazy("Maximum price"))
    hold = AmountField(
        label=gettext_lazy("Hold"),
        required=True,
        max_digits=8,
        decimal_places=3,
        help_text=gettext_lazy("Held on the card before energy flows; what was not needed is released"),
    )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        least, most = said.get("min_price"), said.get("max_price")
        if least is not None and most is not None and least > most:
            self.add_error("max_price", _("The maximum is below the minimum."))
        if said.get("tax_included") == "N/A" and said.get("vat"):
            self.add_error("vat", _("Leave the rate empty, or say whether the prices include the tax."))
        if said.get("tax_included") in ("YES", "NO") and said.get("vat") is None and "vat" in said:
            self.add_error("vat", _("Write the rate, or choose “There is none”."))
        return said


class BandForm(forms.Form):
    """A row that is left without hours and price is no band."""

    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=WEEKDAYS,
        initial=DAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    start = HoursField(label=gettext_lazy("From"))
    end = HoursField(label=gettext_lazy("To"))
    per_kwh = AmountField(label=gettext_lazy("Price per kWh"), required=True)


class Bands(forms.BaseFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this band")


BandSet = forms.formset_factory(
    BandForm,
    formset=Bands,
    extra=0,
    can_delete=True,
    max_num=BANDS_AT_MOST,
    absolute_max=BANDS_AT_MOST,
    validate_max=True,
)


class OcpiForm(forms.Form):
    """A tariff that says more than the form can."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    hold = AmountField(label=gettext_lazy("Hold"), required=True, max_digits=8, decimal_places=3)
    text = forms.CharField(
        label=gettext_lazy("OCPI tariff"),
        max_length=60_000,
        strip=False,
        widget=forms.Textarea({"rows": 24, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("As in OCPI 2.3.0, Tariff object; times are the site's local ones"),
    )

    def clean_text(self) -> dict[str, Any]:
        data = _json(self.cleaned_data["text"])
        if unread := list(ocpi.unread(data)):
            raise forms.ValidationError(
                _("Nobody here reads %(names)s: check the spelling, or take it out.")
                % {"names": ", ".join(unread[:5])}
            )
        try:
            shaped = ocpi.to_ocpi(ocpi.from_ocpi({"id": "new", **data}))
        except ocpi.InvalidTariff as error:
            raise forms.ValidationError(str(error)[:300]) from error
        if shaped.get("x_idle_grace_s", 0) % MINUTES:
            raise forms.ValidationError(_("x_idle_grace_s must be whole minutes: 600, for example."))
        if shaped.get("x_idle_grace_s", 0) > DAY_S:
            raise forms.ValidationError(_("x_idle_grace_s must be a day at most: 86400."))
        return shaped


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_float=str)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno, "why": error.msg}
        raise forms.ValidationError(_("Line %(line)s, column %(column)s: %(why)s.") % where) from error
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(_("This is not JSON.")) from error
    if not isinstance(data, dict):
        raise forms.ValidationError(_("Write one tariff, beginning with { and ending with }."))
    return data


class SampleForm(forms.Form):
    """A charge to try a tariff with."""

    start_at = MomentField(label=gettext_lazy("Begins"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes charging"), min_value=0, max_value=2880)
    kwh = AmountField(label=gettext_lazy("kWh"), required=True, max_value=1000, decimal_places=3)
    idle = forms.IntegerField(label=gettext_lazy("Minutes idle after it"), min_value=0, max_value=2880)
