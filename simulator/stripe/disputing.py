"""Disputes: a payer's bank asks the money back, takes it, and decides. An inquiry takes nothing yet."""

from __future__ import annotations

from typing import Final

from simulator.stripe.account import DAY_S, book
from simulator.stripe.errors import Document, InvalidRequest
from simulator.stripe.world import World

FEE: Final = 1500
ANSWER_S: Final = 9 * DAY_S
INQUIRY: Final = "inquiry"
OPEN: Final = ("needs_response", "warning_needs_response")
WAITING: Final = (*OPEN, "under_review", "warning_under_review")


def open_dispute(world: World, charge: Document, reason: str) -> Document:
    """The bank of the charge's card speaks up; `reason` INQUIRY asks only."""
    is_inquiry = reason == INQUIRY
    dispute = world.new(
        "dispute",
        amount=charge["amount_captured"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        evidence={},
        evidence_details={
            "due_by": world.now() + ANSWER_S,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=is_inquiry,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={"card": {"brand": charge["payment_method_details"]["card"]["brand"]}},
        reason="fraudulent" if is_inquiry else reason,
        status="warning_needs_response" if is_inquiry else "needs_response",
    )
    if not is_inquiry:
        world.store.put(charge | {"disputed": True})
        _move(world, dispute, -dispute["amount"], FEE, "dispute")
    world.emit("charge.dispute.created", world.store.put(dispute))
    if not is_inquiry:
        world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _move(world: World, dispute: Document, amount: int, fee: int, category: str) -> None:
    entry = book(world, "adjustment", dispute["id"], amount, fee, dispute["currency"], category=category)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], entry]


def review(world: World, dispute: Document) -> Document:
    """The evidence goes to the bank. Test words in it decide at once, as in Stripe's test mode."""
    if dispute["status"] not in OPEN:
        raise InvalidRequest("This dispute is already closed or under review.", code="dispute_not_open")
    details = dispute["evidence_details"]
    details |= {"has_evidence": True, "submission_count": details["submission_count"] + 1}
    said = dispute["evidence"].get("uncategorized_text")
    if said in ("winning_evidence", "losing_evidence"):
        return close(world, dispute, is_won=said == "winning_evidence")
    is_inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_under_review" if is_inquiry else "under_review"
    world.emit("charge.dispute.updated", world.store.put(dispute))
    return dispute


def close(world: World, dispute: Document, *, is_won: bool) -> Document:
    """The bank has decided. What was won comes back; its fee does not. Raises InvalidRequest when closed."""
    if dispute["status"] not in WAITING:
        raise InvalidRequest("This dispute is already closed.", code="dispute_not_open")
    is_inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if is_inquiry else "won" if is_won else "lost"
    if dispute["status"] == "won":
        _move(world, dispute, dispute["amount"], 0, "dispute_reversal")
        world.emit("charge.dispute.funds_reinstated", world.store.put(dispute))
    world.emit("charge.dispute.closed", world.store.put(dispute))
    return dispute
