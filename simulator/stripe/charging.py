"""What happens to money: a card is asked, an amount is held, taken, let go or given back.

The only module that makes charges and refunds, so the sums are guarded in one place.
"""

from __future__ import annotations

from typing import Final

from simulator.stripe import cards, disputing
from simulator.stripe.account import DAY_S, book, fee
from simulator.stripe.errors import CardDeclined, Document, InvalidRequest, unexpected_state
from simulator.stripe.resources import customers
from simulator.stripe.world import World, public

HOLD_S: Final = 7 * DAY_S
REFUND_TAKES_S: Final = 60
HOLD_OFF_SESSION_S: Final = 4 * DAY_S + 18 * 3_600
CANCELABLE: Final = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def ask_card(world: World, intent: Document, *, off_session: bool, authenticated: bool) -> Document:
    """Try to hold or take the intent's amount. Raises CardDeclined after writing down the decline."""
    method = world.store.get("payment_method", intent["payment_method"], "payment_method")
    card = cards.behaviour(method["_number"])
    if not authenticated and wants_authentication(card, method):
        if off_session:
            raise refuse(world, intent, method, "authentication_required")
        return _ask_payer(world, intent)
    if card.decline:
        raise refuse(world, intent, method, card.decline)
    return _authorize(world, intent, method, off_session=off_session, authenticated=authenticated)


def wants_authentication(card: cards.TestCard, method: Document) -> bool:
    if card.authenticates == "unless_set_up":
        return not method["_set_up"]
    return card.authenticates == "always"


def next_action(world: World, intent: Document) -> Document:
    """Where the payer proves to be the holder: a page of ours when a `return_url` was given."""
    if not intent["_return_url"]:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"{world.origin}/authenticate/{intent['id']}"
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": intent["_return_url"], "url": url},
    }


def _ask_payer(world: World, intent: Document) -> Document:
    intent |= {"status": "requires_action", "next_action": next_action(world, intent)}
    world.emit("payment_intent.requires_action", world.store.put(intent))
    return intent


def refuse(world: World, intent: Document, method: Document, reason: str) -> CardDeclined:
    """Write down a declined charge; the intent wants another card. Returns the error to raise."""
    decline = cards.DECLINES[reason]
    charge = _charge(world, intent, method, status="failed", paid=False, captured=False)
    charge |= {"failure_code": decline.code, "failure_message": decline.message}
    error = cards.declined(reason, charge=charge["id"], payment_method=public(method))
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": charge["id"],
        "last_payment_error": error.body()["error"],
    }
    world.emit("charge.failed", world.store.put(charge))
    world.emit("payment_intent.payment_failed", world.store.put(intent))
    error.more["payment_intent"] = public(intent)
    return error


def _authorize(
    world: World, intent: Document, method: Document, *, off_session: bool, authenticated: bool
) -> Document:
    manual = intent["capture_method"] == "manual"
    charge = _charge(world, intent, method, status="succeeded", paid=True, captured=False)
    hold_s = HOLD_OFF_SESSION_S if off_session else HOLD_S
    details = charge["payment_method_details"]["card"]
    details["capture_before"] = charge["created"] + hold_s if manual else None
    details["three_d_secure"] = {"result": "authenticated"} if authenticated else None
    intent |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
    intent["amount_capturable"] = intent["amount"]
    world.store.put(charge)
    _keep_method(world, intent, method, authenticated)
    if not manual:
        return take(world, intent, intent["amount"])
    intent["status"] = "requires_capture"
    world.store.set_deadline(intent["id"], charge["created"] + hold_s)
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.amount_capturable_updated", world.store.put(intent))
    return intent


def _keep_method(world: World, intent: Document, method: Document, authenticated: bool) -> None:
    """`setup_future_usage` saves the card with its customer; a guest's card pays once."""
    method["_spent"] = True
    if intent["setup_future_usage"] and intent["customer"]:
        method["_set_up"] = method["_set_up"] or authenticated
        customers.attach(world, method, intent["customer"])
    world.store.put(method)


def _charge(
    world: World, intent: Document, method: Document, *, status: str, paid: bool, captured: bool
) -> Document:
    card = method["card"] | {"amount_authorized": intent["amount"], "network": method["card"]["brand"]}
    return world.new(
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        balance_transaction=None,
        billing_details=method["billing_details"],
        captured=captured,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=None,
        failure_message=None,
        metadata=intent["metadata"],
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": "card", "card": card},
        receipt_email=intent["receipt_email"],
        refunded=False,
        status=status,
    )


def take(world: World, intent: Document, amount: int) -> Document:
    """Capture `amount` of what is held and let the rest go. Raises InvalidRequest beyond the hold."""
    if amount > intent["amount_capturable"]:
        message = (
            f"The amount to capture ({amount}) is greater than the amount that can be captured"
            f" ({intent['amount_capturable']}) for this PaymentIntent."
        )
        raise InvalidRequest(message, code="amount_too_large", param="amount_to_capture")
    charge = world.store.get("charge", intent["latest_charge"])
    entry = book(world, "charge", charge["id"], amount, fee(amount), charge["currency"])
    charge |= {"captured": True, "amount_captured": amount, "balance_transaction": entry["id"]}
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    world.store.set_deadline(intent["id"], None)
    manual = intent["capture_method"] == "manual"
    world.emit("charge.captured" if manual else "charge.succeeded", world.store.put(charge))
    world.emit("payment_intent.succeeded", world.store.put(intent))
    _mark_session_paid(world, intent["id"])
    if reason := behaviour_of(world, charge).disputed_as:
        disputing.open_dispute(world, charge, reason)
    return intent


def behaviour_of(world: World, charge: Document) -> cards.TestCard:
    method = world.store.get("payment_method", charge["payment_method"])
    return cards.behaviour(method["_number"])


def _mark_session_paid(world: World, intent_id: str) -> None:
    sessions, _ = world.store.page(
        "checkout.session",
        equal={"payment_intent": intent_id},
        created={},
        after=None,
        before=None,
        limit=1,
    )
    for session in sessions:
        world.store.put(session | {"payment_status": "paid"})


def release(world: World, intent: Document, reason: str | None) -> Document:
    """Cancel: what was held goes back. Raises InvalidRequest when nothing may be canceled any more."""
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(public(intent), "canceled", CANCELABLE)
    held = intent["status"] == "requires_capture"
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    world.store.set_deadline(intent["id"], None)
    if held:
        charge = world.store.get("charge", intent["latest_charge"])
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
        name = "charge.expired" if reason == "automatic" else "charge.refunded"
        world.emit(name, world.store.put(charge))
    world.emit("payment_intent.canceled", world.store.put(intent))
    return intent


def give_back(world: World, charge: Document, amount: int | None, params: Document) -> Document:
    """Refund all that is left, or `amount`. Raises InvalidRequest beyond what was captured."""
    left = charge["amount_captured"] - charge["amount_refunded"] if charge["captured"] else 0
    _check_refund(charge, left, amount)
    amount = amount or left
    ends = behaviour_of(world, charge).refund_ends
    refund = world.new(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        failure_balance_transaction=None,
        failure_reason=None,
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        receipt_number=None,
        status="pending" if ends == "succeeded" else "succeeded",
        _ends=ends,
    )
    if ends:
        world.store.set_deadline(refund["id"], refund["created"] + REFUND_TAKES_S)
    entry = book(world, "refund", refund["id"], -amount, 0, charge["currency"])
    refund["balance_transaction"] = entry["id"]
    _note_refunded(charge, amount)
    world.emit("refund.created", world.store.put(refund))
    world.emit("charge.refunded", world.store.put(charge))
    return refund


def _note_refunded(charge: Document, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def end_refund(world: World, refund: Document) -> None:
    """A refund that took its time: it arrived, or came back."""
    world.store.set_deadline(refund["id"], None)
    refund["status"] = refund["_ends"]
    if refund["status"] == "failed":
        charge = world.store.get("charge", refund["charge"])
        entry = book(world, "refund_failure", refund["id"], refund["amount"], 0, refund["currency"])
        refund |= {"failure_balance_transaction": entry["id"], "failure_reason": "expired_or_canceled_card"}
        _note_refunded(charge, -refund["amount"])
        world.store.put(charge)
        world.emit("refund.failed", world.store.put(refund))
    world.emit("refund.updated", world.store.put(refund))


def _check_refund(charge: Document, left: int, amount: int | None) -> None:
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise InvalidRequest(message, code="charge_disputed")
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise InvalidRequest(message, code="charge_already_refunded")
    if left == 0:
        message = "This charge has not been captured: cancel its PaymentIntent instead of refunding it."
        raise InvalidRequest(message, code="charge_not_refundable", param="charge")
    if amount is not None and amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise InvalidRequest(message, param="amount")
