"""One sweep that finishes what crashed in between (MONEY rule 5): look first, then go on.

Every step may be cut off at any point and run again, here or in another process.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from payments.models import ChargeDetailRecord, Payment, ProviderOperation, Refund, WebhookEvent
from payments.providers import provider
from payments.providers.base import Intent
from payments.selectors import unpaid
from payments.selectors.occasions import to_settle
from payments.services import operations
from payments.services.applying import fail_payment
from payments.services.billing import bill_session
from payments.services.collecting import collect, collect_kept
from payments.services.detaching import resume_detach
from payments.services.looking import refresh_payment
from payments.services.operations import State, begin, mark, perform
from payments.services.paying_hosts import resume_payout
from payments.services.payments import look_again, release_hold, request_hold, settle
from payments.services.refunding import finish_refunds, resume_refund
from payments.services.reserving import settle as settle_kept
from payments.services.starting import follow_hold
from payments.services.sweeping import Sweep, lines_of
from payments.services.webhooks import process_webhook
from stations.models import ChargingSession

Status = Payment.Status

IN_FLIGHT: Final = timedelta(seconds=60)  # a call may still be under way: three times its time limit
UNSTARTED_AFTER: Final = timedelta(minutes=15)
PAGE_GONE_AFTER: Final = timedelta(minutes=32)
UNBILLED_AFTER: Final = timedelta(minutes=2)
MARGIN: Final = timedelta(minutes=10)  # clocks of provider and server may differ


def settle_payments(*, in_flight: timedelta = IN_FLIGHT) -> Sweep:
    """Finish open operations, read waiting webhooks, bill, collect what is due, release what is dead.

    One step after the other, each of many payments at once. Two sweeps at once do no harm.
    """
    sweep = Sweep()
    sweep.lines("operation", _open_operations(), lambda pk: resume(operation_id=pk, in_flight=in_flight))
    sweep.lines("webhook", _waiting_webhooks(), lambda pk: process_webhook(webhook_id=pk))
    sweep.each("page", _left_pages(), _finish_page)
    sweep.each("unasked", _unasked(in_flight), _ask)
    sweep.each("bill", _unbilled(), lambda pk: bill_session(session_id=pk))
    sweep.each("collect", _uncollected(), lambda pk: collect(session_id=pk))
    sweep.each("unpaid", unpaid.sessions_with_a_rest(in_flight), lambda pk: collect(session_id=pk))
    sweep.each("kept", _unsettled(), lambda pk: settle_kept(kept_id=pk))
    sweep.each("kept_unpaid", unpaid.kept_with_a_rest(in_flight), lambda pk: collect_kept(kept_id=pk))
    sweep.each("top_up", _held_top_ups(), lambda pk: follow_hold(payment_id=pk))
    sweep.each("release", _dead_holds(), lambda pk: release_hold(payment_id=pk))
    sweep.each("refund", _waiting_refunds(), lambda pk: finish_refunds(payment=Payment.objects.get(pk=pk)))
    sweep.each("expired", _expired_holds(), lambda pk: look_again(payment_id=pk))
    return sweep


# --- open operations -------------------------------------------------------------------------


def resume(*, operation_id: int, in_flight: timedelta = IN_FLIGHT) -> None:
    """Look what became of an operation; what was not done is marked so, and may be tried anew."""
    wanted = ("payment__account", "payout__host", "payout__organization")
    operation = ProviderOperation.objects.select_related(*wanted).get(pk=operation_id)
    if operation.state not in operations.OPEN:
        return
    if operation.payout is not None:
        resume_payout(operation, operation.payout, in_flight)
    elif operation.kind == operations.DETACH:
        resume_detach(operation, in_flight)
    elif operation.payment is None:
        _give_up(operation, in_flight)
    elif operation.kind == operations.HOLD:
        _resume_hold(operation, operation.payment, in_flight)
    elif operation.kind == operations.CHECKOUT:
        _resume_checkout(operation, operation.payment, in_flight)
    elif operation.kind == operations.REFUND:
        resume_refund(operation, in_flight)
    else:
        _resume_on_hold(operation, operation.payment)


def _resume_hold(operation: ProviderOperation, payment: Payment, in_flight: timedelta) -> None:
    """A hold may have come about without our knowing: list the customer's intents since then."""
    found = _intents_of(operation, payment)
    if found:
        for intent in sorted(found, key=lambda one: one.status != "held"):
            settle(operation, intent)
        return
    if not _give_up(operation, in_flight):
        return
    if payment.status == Status.CREATED and payment.occasion:
        request_hold(payment_id=payment.pk)
    else:
        _fail(payment, "The hold did not come about.")


def _intents_of(operation: ProviderOperation, payment: Payment) -> list[Intent]:
    if payment.account is None:
        return []
    return provider().find_intents(
        reference=str(payment.public_id),
        customer_ref=payment.account.provider_customer_id,
        since=operation.created_at - MARGIN,
    )


def _resume_checkout(operation: ProviderOperation, payment: Payment, in_flight: timedelta) -> None:
    """Nobody was sent to a page whose address we never learned: it closes by itself."""
    if _give_up(operation, in_flight):
        _fail(payment, "The payment page could not be opened.")


def _resume_on_hold(operation: ProviderOperation, payment: Payment) -> None:
    """Capture or release: the intent itself says whether it was done; the provider refuses a second."""
    ref = str(operation.request.get("ref") or payment.provider_ref)
    intent = provider().get_intent(ref)
    if intent.status == "held":
        _try_again(operation, payment, intent)
    else:
        settle(operation, intent)


def _try_again(operation: ProviderOperation, payment: Payment, intent: Intent) -> None:
    """The look said "not done": a new attempt with a new key."""
    with transaction.atomic(durable=True):
        Payment.objects.select_for_update().get(pk=payment.pk)
        if not mark(operation, State.FAILED, error="looked: not done"):
            return
        again = begin(kind=operation.kind, payment=payment, request=operation.request)
    if operation.kind == operations.RELEASE:
        settle(again, perform(again, lambda key: provider().release(intent.ref, key=key)))
        return
    amount = min(int(operation.request["amount_minor"]), payment.authorized_minor)
    taken = perform(
        again,
        lambda key: provider().capture(intent.ref, amount_minor=amount, currency=payment.currency, key=key),
    )
    settle(again, taken)


def _give_up(operation: ProviderOperation, in_flight: timedelta) -> bool:
    """Mark it as not done, unless its call may still be under way."""
    if operation.created_at > clock.now() - in_flight:
        return False
    return mark(operation, State.FAILED, error="looked: not done")


def _fail(payment: Payment, message: str) -> None:
    fail_payment(payment_id=payment.pk, code="not_done", message=message)


# --- what is due -----------------------------------------------------------------------------


def _open_operations() -> list[list[int]]:
    """In lines of one payment."""
    open_ones = ProviderOperation.objects.filter(state__in=operations.OPEN).order_by("pk")
    return lines_of(
        (pk, payment or f"operation {pk}") for pk, payment in open_ones.values_list("pk", "payment")
    )


def _waiting_webhooks() -> list[list[int]]:
    """In lines of one intent, or of whatever else they tell."""
    waiting = WebhookEvent.objects.filter(processed_at=None).order_by("pk")
    told = waiting.values_list("pk", "payload__data__object__payment_intent", "payload__data__object__id")
    return lines_of((pk, intent or ref) for pk, intent, ref in told)


def _left_pages() -> list[int]:
    """Payers who came back without our hearing of it, or never came back."""
    left = Payment.objects.filter(status__in=(Status.CREATED, Status.REQUIRES_ACTION)).exclude(
        checkout_ref="", provider_ref=""
    )
    return list(left.order_by("pk").values_list("pk", flat=True))


def _finish_page(payment_id: int) -> None:
    """A hosted page closes by itself, and then says so; a confirmation that never came is canceled."""
    payment = refresh_payment(payment_id=payment_id)
    is_open = payment.status in (Status.CREATED, Status.REQUIRES_ACTION)
    is_late = payment.created_at < clock.now() - PAGE_GONE_AFTER
    if is_open and is_late and not payment.checkout_ref:
        release_hold(payment_id=payment_id)


def _unasked(in_flight: timedelta) -> list[int]:
    """Payments whose maker died before the provider was asked, or between a "not done" and the next try."""
    asking = ProviderOperation.objects.filter(payment=OuterRef("pk"), state__in=operations.OPEN)
    left = Payment.objects.filter(
        ~Exists(asking),
        status=Status.CREATED,
        provider_ref="",
        checkout_ref="",
        created_at__lt=clock.now() - in_flight,
    )
    return list(left.order_by("pk").values_list("pk", flat=True))


def _ask(payment_id: int) -> None:
    """A session's or booking's card or balance is asked now; whoever was to start waits no more."""
    payment = Payment.objects.select_related("session", "kept").get(pk=payment_id)
    if payment.occasion and (payment.method_id or payment.paid_from_id):
        request_hold(payment_id=payment_id)
    else:
        _fail(payment, "The hold did not come about.")


def _unbilled() -> list[int]:
    """Ended sessions whose news was lost."""
    recorded = ChargeDetailRecord.objects.filter(session=OuterRef("pk"))
    due = ChargingSession.objects.filter(
        ~Exists(recorded),
        Q(review_reasons=[]) | Q(reviewed_at__isnull=False),
        status=ChargingSession.Status.COMPLETED,
        purpose=ChargingSession.Purpose.CHARGE,
        ended_at__lt=clock.now() - UNBILLED_AFTER,
        created_at__gt=clock.now() - timedelta(days=60),
    )
    return list(due.order_by("pk").values_list("pk", flat=True))


def _uncollected() -> list[int]:
    due = Payment.objects.filter(status=Status.AUTHORIZED, session__cdrs__isnull=False)
    return list(due.order_by("pk").values_list("session_id", flat=True).distinct())


def _unsettled() -> list[int]:
    """Stalls kept in vain whose news was lost."""
    late = to_settle().filter(ended_at__lt=clock.now() - UNBILLED_AFTER)
    return list(late.order_by("pk").values_list("pk", flat=True))


def _held_top_ups() -> list[int]:
    """Paid in ahead, and the news of it was lost."""
    held = Payment.objects.filter(status=Status.AUTHORIZED, tops_up__isnull=False)
    return list(held.order_by("pk").values_list("pk", flat=True))


def _dead_holds() -> list[int]:
    """Holds for starts that came to nothing, or that were never followed by one."""
    held: QuerySet[Payment] = Payment.objects.filter(status=Status.AUTHORIZED)
    abandoned = Q(session__status=ChargingSession.Status.ABANDONED)
    unstarted = Q(session=None, kept=None, tops_up=None, authorized_at__lt=clock.now() - UNSTARTED_AFTER)
    in_vain = Q(session=None, kept__isnull=False, kept__ended_at__lt=clock.now() - UNSTARTED_AFTER)
    forgotten = in_vain & Q(kept__cdrs=None) & ~Q(kept__in=to_settle())
    return list(held.filter(abandoned | unstarted | forgotten).order_by("pk").values_list("pk", flat=True))


def _waiting_refunds() -> list[int]:
    """Payments with a refund that the provider had not finished, or of which nothing was written down."""
    at_work = ProviderOperation.objects.filter(
        payment=OuterRef("payment"), kind=operations.REFUND, state__in=operations.OPEN
    )
    cut_off = Q(status=Refund.Status.ASKED) & ~Exists(at_work)
    due = Refund.objects.filter(cut_off | Q(status=Refund.Status.PENDING))
    return list(due.order_by("payment_id").values_list("payment_id", flat=True).distinct())


def _expired_holds() -> list[int]:
    late = Payment.objects.filter(status=Status.AUTHORIZED, capture_before__lt=clock.now())
    return list(late.order_by("pk").values_list("pk", flat=True))
