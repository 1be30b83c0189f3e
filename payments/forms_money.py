"""The forms of money that goes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import Money, exponent
from payments.forms import AmountField


class RefundForm(forms.Form):
    """How much of a payment goes back, and why; the amount is at most what is `left` of it."""

    amount = AmountField(label=gettext_lazy("Amount to give back"), required=True)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("The payer reads it too."),
    )

    def __init__(self, left: Money, data: Any = None) -> None:
        super().__init__(data, initial={"amount": f"{left.amount:f}"})
        self.left = left
        self.fields["amount"].label = _("Amount to give back, in %(currency)s") % {"currency": left.currency}

    def clean_amount(self) -> Money:
        amount = Money(self.cleaned_data["amount"], self.left.currency)
        if amount.amount <= 0:
            raise forms.ValidationError(_("Write an amount greater than zero."))
        if amount != amount.rounded():
            raise forms.ValidationError(
                _("This currency has %(count)d decimals.") % {"count": exponent(amount.currency)}
            )
        if amount.amount > self.left.amount:
            raise forms.ValidationError(_("That is more than what is left of this payment."))
        return amount.rounded()


class TakeBackForm(RefundForm):
    """How much of a payout comes back, and why."""

    def __init__(self, left: Money, data: Any = None) -> None:
        super().__init__(left, data)
        self.fields["amount"].label = _("Amount to take back, in %(currency)s") % {"currency": left.currency}
        self.fields["reason"].help_text = _("It stands in the history.")
