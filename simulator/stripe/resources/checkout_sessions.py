"""Checkout sessions: a payer's visit to the hosted page, to pay (or hold) or to save a card."""

from __future__ import annotations

from typing import Any, Final

from simulator.stripe import charging
from simulator.stripe.errors import Document, InvalidRequest
from simulator.stripe.resources import customers, payment_intents, setup_intents
from simulator.stripe.resources.reading import as_list, listing, retrieve
from simulator.stripe.shapes import checkout as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, merge_metadata

HALF_HOUR_S: Final = 1_800
DAY_S: Final = 86_400


def create(world: World, call: Call) -> Document:
    params = call.params
    if not params.get("success_url"):
        raise InvalidRequest(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    if params.get("customer"):
        customers.known(world, params["customer"])
    session = _new_session(world, params)
    if params["mode"] == "payment":
        _add_payment(session, params)
    else:
        _add_setup(world, session, params)
    world.store.set_deadline(session["id"], session["expires_at"])
    return world.store.put(session)


def _new_session(world: World, params: Document) -> Document:
    session = world.new("checkout.session")
    return session | {
        "amount_subtotal": None,
        "amount_total": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "currency": params.get("currency"),
        "customer": params.get("customer"),
        "customer_creation": None
        if params.get("customer")
        else params.get("customer_creation") or "if_required",
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": _expiry(world, params.get("expires_at")),
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if params["mode"] == "payment" else "no_payment_required",
        "setup_intent": None,
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "ui_mode": "hosted_page",
        "url": f"{world.origin}/checkout/{session['id']}",
    }


def _expiry(world: World, wanted: int | None) -> int:
    now = world.now()
    if wanted is None:
        return now + DAY_S
    if not now + HALF_HOUR_S - 60 <= wanted <= now + DAY_S + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise InvalidRequest(message, param="expires_at")
    return wanted


def _add_payment(session: Document, params: Document) -> None:
    lines = params.get("line_items")
    if not lines:
        raise InvalidRequest(
            "Missing required param: line_items.", code="parameter_missing", param="line_items"
        )
    if params.get("setup_intent_data"):
        raise InvalidRequest(
            "You can not pass `setup_intent_data` in `payment` mode.", param="setup_intent_data"
        )
    currencies = {line["price_data"]["currency"].lower() for line in lines}
    if len(currencies) > 1:
        raise InvalidRequest("All line items must have one currency.", param="line_items")
    total = sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines)
    currency = currencies.pop()
    payment_intents.check_amount(total, currency)
    session |= {"amount_subtotal": total, "amount_total": total, "currency": currency}
    session["_lines"] = lines
    session["_intent_data"] = _intent_data(params)


def _intent_data(params: Document) -> dict[str, Any]:
    data: dict[str, Any] = params.get("payment_intent_data") or {}
    options = (params.get("payment_method_options") or {}).get("card") or {}
    return {key: value for key, value in (data | options).items() if value is not None}


def _add_setup(world: World, session: Document, params: Document) -> None:
    for name in ("line_items", "payment_intent_data"):
        if params.get(name):
            raise InvalidRequest(f"You can not pass `{name}` in `setup` mode.", param=name)
    data = params.get("setup_intent_data") or {}
    intent = setup_intents.new_intent(
        world,
        customer=session["customer"],
        description=data.get("description"),
        metadata=data.get("metadata") or {},
        _session=session["id"],
    )
    world.emit("setup_intent.created", world.store.put(intent))
    session |= {"setup_intent": intent["id"], "_lines": []}


def update(world: World, call: Call) -> Document:
    session = world.store.get("checkout.session", call.path["id"])
    merge_metadata(session, call.params.get("metadata"))
    return world.store.put(session)


def expire(world: World, call: Call) -> Document:
    session = world.store.get("checkout.session", call.path["id"])
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired.'
            f" This Checkout Session has a status of {session['status']}."
        )
        raise InvalidRequest(message)
    return close(world, session)


def close(world: World, session: Document) -> Document:
    """The page is over; a card half asked is let go."""
    session |= {"status": "expired", "url": None}
    world.store.set_deadline(session["id"], None)
    if session["payment_intent"]:
        intent = world.store.get("payment_intent", session["payment_intent"])
        charging.release(world, intent, "abandoned")
    world.emit("checkout.session.expired", world.store.put(session))
    return session


def line_items(world: World, call: Call) -> Document:
    session = world.store.get("checkout.session", call.path["id"])
    lines = [_line(session["id"], place, line) for place, line in enumerate(session["_lines"])]
    return as_list(lines, False, f"/v1/checkout/sessions/{session['id']}/line_items")


def _line(session_id: str, place: int, line: Document) -> Document:
    total = line["price_data"]["unit_amount"] * line["quantity"]
    return {
        "id": f"li_{session_id[8:]}{place}",
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": line["price_data"]["currency"].lower(),
        "description": line["price_data"]["product_data"]["name"],
        "quantity": line["quantity"],
    }


PATH = "/v1/checkout/sessions"
ENDPOINTS = (
    Endpoint("POST", PATH, shapes.SESSION_CREATE, create, "checkout.SessionCreateParams"),
    Endpoint(
        "GET",
        PATH,
        lists.SESSIONS,
        listing("checkout.session", "customer", "payment_intent", "status"),
        "checkout.SessionListParams",
    ),
    Endpoint(
        "GET",
        PATH + "/{id}",
        lists.NOTHING,
        retrieve("checkout.session"),
        "checkout.SessionRetrieveParams",
    ),
    Endpoint("POST", PATH + "/{id}", shapes.SESSION_UPDATE, update, "checkout.SessionUpdateParams"),
    Endpoint("POST", PATH + "/{id}/expire", lists.NOTHING, expire, "checkout.SessionExpireParams"),
    Endpoint(
        "GET",
        PATH + "/{id}/line_items",
        lists.LINE_ITEMS,
        line_items,
        "checkout.SessionLineItemListParams",
    ),
)
