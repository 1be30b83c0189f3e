"""Payment methods: cards, and the ready-made test cards `pm_card_…` of which each use makes a new one."""

from __future__ import annotations

import hashlib

from simulator.stripe import cards
from simulator.stripe.errors import Document, InvalidRequest, missing
from simulator.stripe.resources import customers
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import customers as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, copy_given, merge_metadata

NO_BILLING: Document = {"address": None, "email": None, "name": None, "phone": None}


def create(world: World, call: Call) -> Document:
    given = call.params.get("card") or {}
    for name in ("number", "exp_month", "exp_year"):
        if given.get(name) is None:
            label = f"card[{name}]"
            raise InvalidRequest(f"Missing required param: {label}.", code="parameter_missing", param=label)
    method = new_card(
        world, given["number"], given["exp_month"], given["exp_year"], given.get("cvc"), call.params
    )
    return world.store.put(method)


def new_card(
    world: World,
    number: str,
    exp_month: int,
    exp_year: int,
    cvc: str | None,
    params: Document | None = None,
) -> Document:
    """A card, not yet kept. Raises CardDeclined for impossible details. Unknown numbers are never stored."""
    number = number.replace(" ", "").replace("-", "")
    cards.check_details(number, exp_month, exp_year, cvc, world.now())
    params = params or {}
    card = cards.behaviour(number)
    method = world.new(
        "payment_method",
        allow_redisplay="unspecified",
        billing_details=NO_BILLING | (params.get("billing_details") or {}),
        card=_face(card, exp_month, exp_year + 2000 if exp_year < 100 else exp_year),
        customer=None,
        metadata=params.get("metadata") or {},
        type="card",
        _number=number if number in cards.TEST_CARDS else "",
        _set_up=False,
        _spent=False,
    )
    return method


def _face(card: cards.TestCard, exp_month: int, exp_year: int) -> Document:
    digest = hashlib.sha256(card.number.encode()).hexdigest()
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": digest[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def find(world: World, method_id: str) -> Document:
    """A kept card, or a new one for a test name such as `pm_card_visa`. Raises Missing."""
    if number := cards.TOKENS.get(method_id):
        year = 1970 + world.now() // 31_556_952
        return world.store.put(new_card(world, number, 12, year + 3, None))
    return world.store.get("payment_method", method_id, "payment_method")


def attach(world: World, call: Call) -> Document:
    if not call.params.get("customer"):
        raise InvalidRequest("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = customers.known(world, call.params["customer"])
    method = find(world, call.path["id"])
    _refuse_spent(method, customer["id"])
    card = cards.behaviour(method["_number"])
    if card.decline and not card.declines_charges_only:
        raise cards.declined(card.decline)
    return customers.attach(world, method, customer["id"])


def _refuse_spent(method: Document, customer_id: str) -> None:
    if method["customer"] not in (None, customer_id):
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_already_attached",
        )
    if method["_spent"] and method["customer"] is None:
        raise InvalidRequest(
            "This PaymentMethod was previously used without being attached to a Customer or was detached"
            " from a Customer, and may not be used again.",
            param="payment_method",
        )


def usable(world: World, method: Document, customer_id: str | None) -> None:
    """Raises InvalidRequest unless this method may pay for this customer (None: a guest)."""
    if method["customer"] != customer_id and method["customer"] is not None:
        raise InvalidRequest(
            "The payment method supplied belongs to a Customer: include that customer in the request.",
            param="payment_method",
        )
    _refuse_spent(method, customer_id or "")


def detach(world: World, call: Call) -> Document:
    method = world.store.get("payment_method", call.path["id"])
    if method["customer"] is None:
        raise InvalidRequest("The payment method you provided is not attached to a customer.")
    method |= {"customer": None, "_spent": True}
    world.emit("payment_method.detached", world.store.put(method))
    return method


def update(world: World, call: Call) -> Document:
    method = world.store.get("payment_method", call.path["id"])
    if method["customer"] is None:
        raise InvalidRequest("You must save this PaymentMethod to a customer before you can update it.")
    method["billing_details"] |= call.params.get("billing_details") or {}
    copy_given(method["card"], call.params.get("card") or {}, "exp_month", "exp_year")
    merge_metadata(method, call.params.get("metadata"))
    world.emit("payment_method.updated", world.store.put(method))
    return method


def own(world: World, call: Call) -> Document:
    """Only saved cards are listed."""
    if call.params.get("customer") is None:
        raise InvalidRequest("Missing required param: customer.", code="parameter_missing", param="customer")
    if world.store.any(call.params["customer"]) is None:
        raise missing("customer", call.params["customer"], "customer")
    return listing("payment_method", "customer", "type")(world, call)


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_methods", shapes.METHOD_CREATE, create, "PaymentMethodCreateParams"),
    Endpoint("GET", "/v1/payment_methods", lists.PAYMENT_METHODS, own, "PaymentMethodListParams"),
    Endpoint(
        "GET",
        "/v1/payment_methods/{id}",
        lists.NOTHING,
        retrieve("payment_method"),
        "PaymentMethodRetrieveParams",
    ),
    Endpoint("POST", "/v1/payment_methods/{id}", shapes.METHOD_UPDATE, update, "PaymentMethodUpdateParams"),
    Endpoint(
        "POST", "/v1/payment_methods/{id}/attach", shapes.METHOD_ATTACH, attach, "PaymentMethodAttachParams"
    ),
    Endpoint("POST", "/v1/payment_methods/{id}/detach", lists.NOTHING, detach, "PaymentMethodDetachParams"),
)
