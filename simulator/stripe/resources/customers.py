"""Customers: payers we know again."""

from __future__ import annotations

from simulator.stripe.errors import Document, missing
from simulator.stripe.resources.reading import listing, page
from simulator.stripe.shapes import customers as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, copy_given, merge_metadata

GIVEN = ("address", "description", "email", "name", "phone")


def create(world: World, call: Call) -> Document:
    customer = world.new(
        "customer",
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=None,
        email=None,
        invoice_settings={"default_payment_method": None},
        metadata={},
        name=None,
        phone=None,
    )
    _apply(customer, call)
    world.store.put(customer)
    if method_id := call.params.get("payment_method"):
        attach(world, world.store.get("payment_method", method_id, "payment_method"), customer["id"])
    world.emit("customer.created", customer)
    return customer


def update(world: World, call: Call) -> Document:
    customer = known(world, call.path["id"], "id")
    _apply(customer, call)
    world.emit("customer.updated", world.store.put(customer))
    return customer


def _apply(customer: Document, call: Call) -> None:
    copy_given(customer, call.params, *GIVEN)
    merge_metadata(customer, call.params.get("metadata"))
    settings = call.params.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        customer["invoice_settings"]["default_payment_method"] = settings["default_payment_method"]


def read(world: World, call: Call) -> Document:
    """A deleted customer is still answered, as a stump."""
    customer = world.store.get("customer", call.path["id"])
    return stump(customer) if customer.get("_deleted") else customer


def delete(world: World, call: Call) -> Document:
    """Detaches the customer's payment methods; the stump stays."""
    customer = known(world, call.path["id"], "id")
    methods, _ = world.store.page(
        "payment_method", equal={"customer": customer["id"]}, created={}, after=None, before=None, limit=100
    )
    for method in methods:
        world.store.put(method | {"customer": None, "_spent": True})
    world.store.put(customer | {"_deleted": True})
    world.emit("customer.deleted", customer)
    return stump(customer)


def stump(customer: Document) -> Document:
    return {"id": customer["id"], "object": "customer", "deleted": True}


def known(world: World, customer_id: str, param: str = "customer") -> Document:
    """The living customer. Raises Missing (404) when unknown or deleted."""
    customer = world.store.get("customer", customer_id, param)
    if customer.get("_deleted"):
        raise missing("customer", customer_id, param)
    return customer


def attach(world: World, method: Document, customer_id: str) -> Document:
    """Tie a payment method to a customer for good."""
    if method["customer"] != customer_id:
        method["customer"] = customer_id
        world.emit("payment_method.attached", world.store.put(method))
    return method


def methods(world: World, call: Call) -> Document:
    customer = known(world, call.path["id"])
    equal = {"customer": customer["id"]}
    return page(world, "payment_method", call, equal) | {
        "url": f"/v1/customers/{customer['id']}/payment_methods"
    }


def one_method(world: World, call: Call) -> Document:
    customer, method_id = known(world, call.path["id"]), call.path["method"]
    method = world.store.get("payment_method", method_id)
    if method["customer"] != customer["id"]:
        raise missing("payment_method", method_id, "payment_method")
    return method


ENDPOINTS = (
    Endpoint("POST", "/v1/customers", shapes.CUSTOMER_CREATE, create, "CustomerCreateParams"),
    Endpoint("GET", "/v1/customers", lists.CUSTOMERS, listing("customer", "email"), "CustomerListParams"),
    Endpoint("GET", "/v1/customers/{id}", lists.NOTHING, read, "CustomerRetrieveParams"),
    Endpoint("POST", "/v1/customers/{id}", shapes.CUSTOMER_UPDATE, update, "CustomerUpdateParams"),
    Endpoint("DELETE", "/v1/customers/{id}", {}, delete, "CustomerDeleteParams"),
    Endpoint(
        "GET",
        "/v1/customers/{id}/payment_methods",
        lists.OWN_METHODS,
        methods,
        "CustomerPaymentMethodListParams",
    ),
    Endpoint(
        "GET",
        "/v1/customers/{id}/payment_methods/{method}",
        lists.NOTHING,
        one_method,
        "CustomerPaymentMethodRetrieveParams",
    ),
)
