"""Compare provider, books and payments to the minor unit, and keep what does not agree (MONEY rule 10).

A run is asked for by a person or by the day, done by the outbox, and may be cut off and done again: what
it finds is kept once per kind and object until it is mended or agrees by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from core import clock
from core.events import publish
from core.live import nudge
from payments.comparing import (
    Finding,
    OurCard,
    OurPayment,
    Statement,
    compare,
    compare_cards,
    compare_payouts,
    strangers,
)
from payments.events import ReconciliationAsked
from payments.models import Discrepancy, Payment, PaymentMethod, ReconciliationRun
from payments.providers import provider
from payments.providers.base import DisputeSeen, IntentStatus, ProviderError, RefundSeen, Refused
from payments.selectors import reconciling as ours
from payments.services.provider_fees import note_fees

WINDOW: Final = timedelta(days=8)  # a hold lasts a week
MARGIN: Final = timedelta(minutes=10)  # clocks of provider and server may differ
QUIET: Final = timedelta(minutes=2)  # what changes now is compared the next time
PAYOUTS_WITHIN: Final = timedelta(days=180)
EVERY: Final = timedelta(days=1)
DEAD_AFTER: Final = timedelta(hours=6)
Status = ReconciliationRun.Status
UNDER_WAY: Final = (Status.ASKED, Status.RUNNING)
State = Discrepancy.State
Seen = TypeVar("Seen", RefundSeen, DisputeSeen)


def ask_reconciliation(*, organization: Organization, by: User | None = None) -> ReconciliationRun:
    """A new run, done soon; the one that is under way when there is one."""
    _bury_dead(organization)
    try:
        with transaction.atomic():
            run = ReconciliationRun.objects.create(
                organization=organization, by=by, since=clock.now() - WINDOW
            )
            publish(ReconciliationAsked(run_id=run.pk, organization_id=organization.pk))
    except IntegrityError:
        return ReconciliationRun.objects.get(organization=organization, status__in=UNDER_WAY)
    return run


def _bury_dead(organization: Organization) -> None:
    """A run whose provider never answered stands in nobody's way."""
    old = ReconciliationRun.objects.filter(organization=organization, created_at__lt=clock.now() - DEAD_AFTER)
    old.filter(status__in=UNDER_WAY).update(status=Status.FAILED, finished_at=clock.now())


def ask_due_reconciliations() -> int:
    """Every organization that collects is compared once a day. Returns how many were asked for."""
    lately = ReconciliationRun.objects.filter(created_at__gt=clock.now() - EVERY, by=None)
    due = ours.organizations_that_collect().exclude(pk__in=lately.values("organization"))
    return len([ask_reconciliation(organization=organization) for organization in due])


def run_reconciliation(*, run_id: int, quiet: timedelta = QUIET) -> ReconciliationRun:
    """Do what was asked for. Raises OutcomeUnknown without an answer: the outbox tries again."""
    run = ReconciliationRun.objects.select_related("organization").get(pk=run_id)
    if run.status in (Status.DONE, Status.FAILED):
        return run
    try:
        _Comparison(run, quiet).make()
    except ProviderError as error:
        _step(run, "", error=str(error)[:300])
        raise
    run.refresh_from_db()
    return run


def _step(run: ReconciliationRun, step: str, **more: Any) -> None:
    mine = ReconciliationRun.objects.filter(pk=run.pk, status__in=UNDER_WAY)
    mine.update(status=Status.RUNNING, step=step, **more)
    nudge(f"reconciliation.{run.organization_id}")


class _Comparison:
    """One run: what the provider says, what we say, and what follows."""

    def __init__(self, run: ReconciliationRun, quiet: timedelta) -> None:
        self.run, self.organization = run, run.organization
        self.quiet_since = clock.now() - quiet
        self.theirs = Statement()

    def make(self) -> None:
        self._read_provider()
        _step(self.run, "payments")
        payments = self._payments()
        note_fees(payments=payments, movements=self.theirs.movements)
        values = ours.our_payments(
            payments, provider=provider().name, whole_since=self.run.since + 2 * MARGIN
        )
        self._look_at_older(values)
        found = compare(values, self.theirs)
        _step(self.run, "cards")
        cards = [_looked_at(card) for card in ours.cards_to_compare(self.organization, now=clock.now())]
        found += compare_cards(cards) + self._payouts() + self._strangers()
        keep(run=self.run, found=found, counts=self._counts(values, cards), sums=self._sums(values))

    def _read_provider(self) -> None:
        since, theirs = self.run.since - MARGIN, self.theirs
        _step(self.run, "provider")
        for intent in provider().intents_since(since):
            theirs.add(intent)
        _group(provider().refunds_since(since), theirs.refunds)
        _group(provider().disputes_since(since), theirs.disputes)
        theirs.movements = list(provider().movements_since(since))

    def _payments(self) -> list[Payment]:
        return ours.payments_to_compare(
            self.organization,
            since=self.run.since,
            quiet_since=self.quiet_since,
            refs={*self.theirs.refunds, *self.theirs.disputes} - {""},
        )

    def _look_at_older(self, payments: Iterable[OurPayment]) -> None:
        """Intents from before the time, and open disputes: each by itself."""
        for one in payments:
            if one.ref and one.ref not in self.theirs.intents:
                self._look_at(one.ref)

    def _look_at(self, ref: str) -> None:
        try:
            self.theirs.add(provider().get_intent(ref))
        except Refused:
            return  # the provider knows no such intent, and that is a finding
        self.theirs.refunds[ref] = provider().refunds_of(ref)
        self.theirs.disputes[ref] = provider().disputes_of(ref)

    def _payouts(self) -> list[Finding]:
        """Transfers of the last months: one may be taken back long after it was made."""
        payouts = ours.payouts_to_compare(self.organization)
        if not payouts:
            return []
        seen = provider().transfers_since(clock.now() - PAYOUTS_WITHIN)
        return compare_payouts(payouts, {one.ref: one.reversed_minor for one in seen})

    def _strangers(self) -> list[Finding]:
        """Once per installation: the organization that was there first looks after them."""
        if self.organization != Organization.objects.order_by("pk").first():
            return []
        named = {one.payment_id for one in self.theirs.intents.values() if _is_uuid(one.payment_id)}
        return strangers(self.theirs, ours.known_payments(named))

    def _counts(self, payments: list[OurPayment], cards: list[OurCard]) -> dict[str, int]:
        refs = {one.ref for one in payments}
        return {
            "payments": len(payments),
            "refunds": sum(len(found) for ref, found in self.theirs.refunds.items() if ref in refs),
            "disputes": sum(len(found) for ref, found in self.theirs.disputes.items() if ref in refs),
            "cards": len(cards),
            "movements": sum(move.intent_ref in refs for move in self.theirs.movements),
        }

    def _sums(self, payments: list[OurPayment]) -> dict[str, dict[str, int]]:
        """By currency: taken here and there, and what books and provider say came of it."""
        moved = self.theirs.moved_minor()
        sums: dict[str, dict[str, int]] = {}
        for one in payments:
            intent = self.theirs.intent_of(one)
            sum_ = sums.setdefault(one.currency, dict.fromkeys(("ours", "theirs", "books", "provider"), 0))
            sum_["ours"] += one.captured_minor
            sum_["theirs"] += intent.received_minor if intent and intent.status is IntentStatus.PAID else 0
            if one.is_whole:
                sum_["books"] += one.cash_minor
                sum_["provider"] += moved.get(one.ref, {}).get(one.currency, 0)
        return sums


def _group(found: Iterable[Seen], by_intent: dict[str, list[Seen]]) -> None:
    for one in found:
        by_intent.setdefault(one.intent_ref, []).append(one)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _looked_at(method: PaymentMethod) -> OurCard:
    """Whether the provider still knows the card as this customer's."""
    try:
        card = provider().get_card(method.provider_ref)
    except Refused:
        return OurCard(ref=method.provider_ref, label=str(method), is_there=False)
    is_there = card.customer_ref == method.account.provider_customer_id
    return OurCard(ref=method.provider_ref, label=str(method), is_there=is_there)


# --- what is kept ----------------------------------------------------------------------------


@transaction.atomic
def keep(
    *, run: ReconciliationRun, found: list[Finding], counts: dict[str, int], sums: dict[str, dict[str, int]]
) -> None:
    """Close the run; what is open and was not found again agrees by itself."""
    known = {
        (one.kind, one.ref): one
        for one in Discrepancy.objects.filter(organization=run.organization, state=State.OPEN)
    }
    for finding in found:
        _keep_one(run, known.pop((finding.kind, finding.ref), None), finding)
    agreeing = Discrepancy.objects.filter(pk__in=[one.pk for one in known.values()], state=State.OPEN)
    agreeing.update(state=State.AGREES, closed_at=clock.now())
    ReconciliationRun.objects.filter(pk=run.pk).update(
        status=Status.DONE,
        step="",
        error="",
        finished_at=clock.now(),
        counts=counts,
        sums=sums,
        found=len(found),
    )
    nudge(f"reconciliation.{run.organization_id}")


def _keep_one(run: ReconciliationRun, known: Discrepancy | None, finding: Finding) -> None:
    one = known or Discrepancy(organization=run.organization, run=run, kind=finding.kind, ref=finding.ref)
    one.payment_id = finding.payment
    one.ours_minor, one.theirs_minor = finding.ours_minor, finding.theirs_minor
    one.currency, one.detail = finding.currency, finding.detail[:120]
    one.save()
