"""The forms of money that goes back."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import Money, exponent, from_minor
from payments.forms import AmountField
from payments.models import PrepaidTerms


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
        amount = _exact(Money(self.cleaned_data["amount"], self.left.currency))
        if amount.amount > self.left.amount:
            raise forms.ValidationError(_("That is more than what is left of this payment."))
        return amount


class GiveBackForm(forms.Form):
    """Why all that is left goes back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, help_text=gettext_lazy("The payer reads it too.")
    )


class TopUpForm(forms.Form):
    """How much is paid in ahead."""

    amount = AmountField(label=gettext_lazy("Amount"), required=True)

    def __init__(self, currency: str, data: Any = None) -> None:
        super().__init__(data)
        self.currency = currency
        self.fields["amount"].label = _("Another amount, in %(currency)s") % {"currency": currency}

    def clean_amount(self) -> Money:
        return _exact(Money(self.cleaned_data["amount"], self.currency))


def _exact(amount: Money) -> Money:
    """Greater than zero, with as many decimals as its currency has."""
    if amount.amount <= 0:
        raise forms.ValidationError(_("Write an amount greater than zero."))
    if amount != amount.rounded():
        raise forms.ValidationError(
            _("This currency has %(count)d decimals.") % {"count": exponent(amount.currency)}
        )
    return amount.rounded()


class TakeBackForm(RefundForm):
    """How much of a payout comes back, and why."""

    def __init__(self, left: Money, data: Any = None) -> None:
        super().__init__(left, data)
        self.fields["amount"].label = _("Amount to take back, in %(currency)s") % {"currency": left.currency}
        self.fields["reason"].help_text = _("It stands in the history.")


class PrepaidTermsForm(forms.Form):
    """Whether drivers may pay in ahead, and within which amounts of the network's currency."""

    is_offered = forms.BooleanField(label=gettext_lazy("Drivers may keep a prepaid balance"), required=False)
    smallest = AmountField(label=gettext_lazy("The smallest top-up"), required=True)
    largest = AmountField(label=gettext_lazy("The most that a balance may come to"), required=True)
    start = AmountField(
        label=gettext_lazy("Enough to begin a charge with"),
        required=True,
        help_text=gettext_lazy(
            "Who has no card may start with so much; the charge stops before the balance is used up."
        ),
    )

    def __init__(self, terms: PrepaidTerms, data: Any = None) -> None:
        self.currency = terms.organization.currency
        amounts = {name: from_minor(getattr(terms, f"{name}_minor"), self.currency) for name in AMOUNTS}
        given = {name: f"{amount:f}" for name, amount in amounts.items()}
        super().__init__(data, initial={"is_offered": terms.is_offered, **given})

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        for name in AMOUNTS:
            if name in found:
                self._take(found, name)
        if "largest" in found and "smallest" in found and found["largest"] < found["smallest"]:
            self.add_error("largest", _("This is less than the smallest top-up."))
        return found

    def _take(self, found: dict[str, Any], name: str) -> None:
        """As minor units."""
        try:
            found[name] = _exact(Money(found[name], self.currency)).minor
        except forms.ValidationError as error:
            self.add_error(name, error)


AMOUNTS: Final = ("smallest", "largest", "start")
