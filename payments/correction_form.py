"""What an operator writes to correct a charge, and why it cannot be done, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.ui.numbers import money_text
from payments.forms import AmountField, MomentField
from payments.models import ChargeDetailRecord, Tariff
from payments.rating.bill import read_line
from payments.rating.correcting import BelowZero, name_of
from payments.rating.explain import explain_lines
from payments.rating.facts import InvalidFacts
from payments.services import corrections
from payments.services.corrections import Wanted
from payments.words import speech

WHY_NOT: Final[dict[type[Exception], Any]] = {
    corrections.NothingToCorrect: gettext_lazy(
        "This session has no record yet: there is nothing to correct."
    ),
    corrections.NoReason: gettext_lazy("Write a reason. The driver reads it on the receipt."),
    corrections.NothingChanges: gettext_lazy("This changes nothing. Choose what shall be otherwise."),
    corrections.NoNewAgreement: gettext_lazy(
        "It would cost more than what was agreed and paid. That needs a new agreement with the payer; a"
        " correction can only lower it."
    ),
    corrections.NotReproducible: gettext_lazy(
        "The readings of this session are not kept any more, so it cannot be rated anew. Lines can still be"
        " waived, and the charge can be made free."
    ),
    corrections.Overtaken: gettext_lazy("Somebody else corrected this charge meanwhile. Look at it again."),
    corrections.MoneyMoving: gettext_lazy("The money is being taken at this moment. Try again in a minute."),
    BelowZero: gettext_lazy(
        "Less than nothing would be left, because a discount stands on the bill. Waive it too, or make the"
        " charge free."
    ),
    InvalidFacts: gettext_lazy("There is no period in this session in which energy could have flowed."),
}
REFUSALS: Final = tuple(WHY_NOT)


def why_not(refusal: Exception) -> str:
    return str(WHY_NOT[type(refusal)])


class CorrectionForm(forms.Form):
    """Empty fields stay as they are."""

    waived = forms.MultipleChoiceField(
        label=gettext_lazy("Waive"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_free = forms.BooleanField(label=gettext_lazy("Make the whole charge free"), required=False)
    energy_kwh = AmountField(
        label=gettext_lazy("Energy in kWh"),
        decimal_places=3,
        help_text=gettext_lazy("Leave it empty to keep what was metered"),
    )
    ended_at = MomentField(
        label=gettext_lazy("Charging ended at"),
        required=False,
        help_text=gettext_lazy("What was metered later is not billed"),
    )
    tariff = forms.ModelChoiceField(
        label=gettext_lazy("Rate it with"), queryset=Tariff.objects.none(), required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("The driver reads it"),
        widget=forms.Textarea({"rows": 2}),
    )
    seen = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, record: ChargeDetailRecord, data: Any = None) -> None:
        super().__init__(data, initial={"seen": record.public_id})
        self.record = record
        self.fields["waived"].choices = _lines(record)  # type: ignore[attr-defined]
        self.fields["tariff"].queryset = _tariffs(record)  # type: ignore[attr-defined]
        self.fields["tariff"].empty_label = _("the tariff that it has")  # type: ignore[attr-defined]

    def clean_ended_at(self) -> Any:
        moment = self.cleaned_data["ended_at"]
        if moment is not None and not self.record.started_at <= moment <= self.record.ended_at:
            raise forms.ValidationError(_("Choose a moment of this session."))
        return moment

    def wanted(self) -> Wanted:
        """What shall be otherwise. The form is valid."""
        said = self.cleaned_data
        kwh: Decimal | None = said["energy_kwh"]
        return Wanted(
            waived=frozenset(said["waived"]),
            energy_wh=None if kwh is None else int(kwh * 1000),
            ended_at=said["ended_at"],
            tariff=said["tariff"],
            is_free=said["is_free"],
        )


def _lines(record: ChargeDetailRecord) -> list[tuple[str, str]]:
    lines = [read_line(line) for line in record.lines["lines"]]
    told = explain_lines(lines, record.currency, speech())
    return [
        (name_of(line), f"{entry.what}, {money_text(line.gross, record.currency)}")
        for line, entry in zip(lines, told, strict=True)
    ]


def _tariffs(record: ChargeDetailRecord) -> Any:
    mine = Tariff.objects.filter(organization=record.organization_id, currency=record.currency)
    return mine.exclude(pk=record.tariff_id or 0).order_by("name", "-version")
