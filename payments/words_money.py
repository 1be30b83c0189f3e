"""Discrepancies and disputes in an operator's words: what it means, and what the button does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments.models import Discrepancy, Dispute, Payment, Refund

Kind = Discrepancy.Kind


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of discrepancy means, what the mend does, and the word on its button."""

    meaning: str | Promise
    mend: str | Promise
    button: str | Promise


WORDS: Final = {
    Kind.REFUND_UNKNOWN: Words(
        _("Somebody gave money back at the payment provider. Our books do not know of it."),
        _("The refund is taken over: payment, books and receipt show it."),
        _("Take the refund over"),
    ),
    Kind.DISPUTE_UNKNOWN: Words(
        _("A payer's bank asks money back. No notice of it reached us."),
        _("The dispute is taken over, with the money that the bank withholds, and is followed from now on."),
        _("Take the dispute over"),
    ),
    Kind.CAPTURED_ELSEWHERE: Words(
        _("The hold was captured by hand at the payment provider. Here it still counts as held."),
        _("The payment counts as paid, with the amount that was taken."),
        _("Apply what the provider says"),
    ),
    Kind.HOLD_GONE: Words(
        _("The hold ran out or was canceled at the payment provider. Here it still counts as held."),
        _("The hold is closed. The bill is asked of the driver's saved card, or written off for a guest."),
        _("Close it and collect anew"),
    ),
    Kind.CARD_GONE: Words(
        _("A driver's saved card was deleted at the payment provider. It would be asked in vain."),
        _("The card is not used any more. Another saved card of the driver takes its place if there is one."),
        _("Mark the card unusable"),
    ),
    Kind.STATE_BEHIND: Words(
        _("Something happened at the payment provider, and the news of it never reached us."),
        _("What the provider says is applied here."),
        _("Apply what the provider says"),
    ),
    Kind.AMOUNT_DIFFERS: Words(
        _("The payment provider took another amount than we have written down."),
        _("The amount of the provider counts; the difference goes into the books."),
        _("Take the provider's amount"),
    ),
    Kind.INTENT_UNKNOWN: Words(
        _("A payment bears our mark, but no payment here knows it: perhaps of a restored backup."),
        _("Its hold is released; what was taken is given back to the payer."),
        _("Let it go"),
    ),
    Kind.MISSING_THERE: Words(
        _("Here it counts as paid, but the payment provider took nothing."),
        _("The payment is open again, and is asked of the driver's saved card."),
        _("Open it again and collect"),
    ),
    Kind.LEDGER_DIFFERS: Words(
        _("Payment and provider agree, but the books say something else came of it."),
        _("The books follow the provider's account. The difference waits in an account of its own."),
        _("Square the books"),
    ),
    Kind.PAYOUT_REVERSED: Words(
        _("A payout was taken back, in part or whole, at the payment provider."),
        _("What came back stands to the payee's good again, and can be paid out anew."),
        _("Take it over"),
    ),
    Kind.FEE_DIFFERS: Words(
        _("The books have another fee for a payment than the provider's account."),
        _("The books follow the provider's account: the difference is posted as a fee."),
        _("Take the provider's fee"),
    ),
    Kind.OVERPAID: Words(
        _("More was taken than was billed."),
        _("The difference is given back to the payer, who gets an e-mail."),
        _("Give the difference back"),
    ),
}


STATES: Final = {
    **dict(Refund.Status.choices),
    **dict(Dispute.Status.choices),
    **dict(Payment.Status.choices),
    "missing": _("not there"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDiscrepancy:
    one: Discrepancy
    words: Words
    ours: Money | None
    theirs: Money | None

    @property
    def status_word(self) -> str:
        return self.one.state

    @property
    def differs(self) -> bool:
        return self.ours != self.theirs

    @property
    def states(self) -> str:
        """The states here and there, in words."""
        return " → ".join(str(STATES.get(word, word)) for word in self.one.detail.split(" → "))


def shown_discrepancy(one: Discrepancy) -> ShownDiscrepancy:
    return ShownDiscrepancy(
        one=one,
        words=WORDS[Kind(one.kind)],
        ours=_money(one.ours_minor, one.currency),
        theirs=_money(one.theirs_minor, one.currency),
    )


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None or not currency else Money.of_minor(minor, currency)


STEPS: Final = {
    "provider": _("Reading what the payment provider says"),
    "payments": _("Comparing the payments"),
    "cards": _("Looking at the saved cards"),
}
COUNTED: Final = {
    "payments": _("Payments"),
    "refunds": _("Refunds"),
    "disputes": _("Disputes"),
    "cards": _("Saved cards"),
    "movements": _("Movements of the account"),
}
REASONS: Final = {
    "bank_cannot_process": _("The bank could not process it"),
    "credit_not_processed": _("A promised refund did not come"),
    "customer_initiated": _("The payer asked for it"),
    "debit_not_authorized": _("The debit was not allowed"),
    "duplicate": _("Paid twice"),
    "fraudulent": _("The payer says that it was not them"),
    "general": _("No reason given"),
    "incorrect_account_details": _("Wrong account"),
    "insufficient_funds": _("No funds"),
    "product_not_received": _("The payer says that no energy came"),
    "product_unacceptable": _("The payer was not content"),
    "subscription_canceled": _("The payer had canceled"),
    "unrecognized": _("The payer does not recognize it"),
}


def reason_of(dispute: Dispute) -> str:
    """Why the bank asks the money back; an unheard-of word as it came."""
    return str(REASONS.get(dispute.reason, dispute.reason.replace("_", " ")))
