"""Transfers: money of the platform's balance to a connected account, never more than is there; and back."""

from __future__ import annotations

from simulator.stripe.account import book, standing
from simulator.stripe.errors import Document, InvalidRequest
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import connect as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, merge_metadata


def create(world: World, call: Call) -> Document:
    account = world.store.get("account", call.params["destination"], "destination")
    amount, currency = call.params.get("amount"), call.params["currency"].lower()
    if amount is None:
        raise InvalidRequest("Missing required param: amount.", code="parameter_missing", param="amount")
    if account["capabilities"].get("transfers") != "active":
        message = "Your destination account needs to have the following capability enabled: transfers"
        raise InvalidRequest(message, code="insufficient_capabilities_for_transfer", param="destination")
    if amount > standing(world, currency):
        message = "You have insufficient available funds in your Stripe account."
        raise InvalidRequest(message, code="balance_insufficient")
    transfer = world.new(
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=currency,
        description=call.params.get("description"),
        destination=account["id"],
        metadata={},
        reversed=False,
        transfer_group=call.params.get("transfer_group"),
    )
    merge_metadata(transfer, call.params.get("metadata"))
    entry = book(world, "transfer", transfer["id"], -amount, 0, currency)
    transfer["balance_transaction"] = entry["id"]
    world.emit("transfer.created", world.store.put(transfer))
    return transfer


def reverse(world: World, call: Call) -> Document:
    """Take back all that is left of a transfer, or `amount`."""
    transfer = world.store.get("transfer", call.path["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount") or left
    if not 0 < amount <= left:
        message = f"Transfer {transfer['id']} has {left} left to reverse."
        raise InvalidRequest(message, code="transfer_reversal_amount_invalid", param="amount")
    reversal = world.new(
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        metadata={},
        transfer=transfer["id"],
    )
    merge_metadata(reversal, call.params.get("metadata"))
    entry = book(world, "transfer_refund", reversal["id"], amount, 0, transfer["currency"])
    reversal["balance_transaction"] = entry["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    world.emit("transfer.reversed", world.store.put(transfer))
    return world.store.put(reversal)


PATH = "/v1/transfers"
WANTED = listing("transfer", "destination", "transfer_group")
ENDPOINTS = (
    Endpoint("POST", PATH, shapes.TRANSFER_CREATE, create, "TransferCreateParams"),
    Endpoint("GET", PATH, shapes.TRANSFERS, WANTED, "TransferListParams"),
    Endpoint(
        "POST",
        PATH + "/{id}/reversals",
        shapes.TRANSFER_REVERSE,
        reverse,
        "TransferReversalCreateParams",
    ),
    Endpoint("GET", PATH + "/{id}", lists.NOTHING, retrieve("transfer"), "TransferRetrieveParams"),
)
