"""Connected accounts: whom the platform pays. Set up by their owner on a hosted page."""

from __future__ import annotations

from simulator.stripe.errors import Document
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import connect as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, merge_metadata

NEEDED = ("external_account", "tos_acceptance.date")
LINK_LASTS_S = 300


def create(world: World, call: Call) -> Document:
    """A new one can receive nothing: its owner has to say first who they are."""
    asked = call.params.get("capabilities") or {}
    account = world.new(
        "account",
        capabilities=dict.fromkeys(asked, "inactive"),
        charges_enabled=False,
        country=call.params.get("country") or "US",
        details_submitted=False,
        email=call.params.get("email"),
        metadata={},
        payouts_enabled=False,
        requirements={"currently_due": list(NEEDED), "disabled_reason": "requirements.past_due"},
        type=call.params.get("type") or "none",
    )
    merge_metadata(account, call.params.get("metadata"))
    world.emit("account.updated", world.store.put(account))
    return account


def finish(world: World, account: Document) -> Document:
    """Its owner has said all that is needed."""
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active")
    account["requirements"] = {"currently_due": [], "disabled_reason": None}
    account |= {"details_submitted": True, "payouts_enabled": True}
    world.emit("account.updated", world.store.put(account))
    return account


def link(world: World, call: Call) -> Document:
    """The address of the hosted setup, for a few minutes."""
    account = world.store.get("account", call.params["account"], "account")
    account["_return_url"] = call.params.get("return_url")
    world.store.put(account)
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": world.now() + LINK_LASTS_S,
        "url": f"{world.origin}/setup/{account['id']}",
    }


ENDPOINTS = (
    Endpoint("POST", "/v1/accounts", shapes.ACCOUNT_CREATE, create, "AccountCreateParams"),
    Endpoint("GET", "/v1/accounts", shapes.ACCOUNTS, listing("account"), "AccountListParams"),
    Endpoint("GET", "/v1/accounts/{id}", lists.NOTHING, retrieve("account"), "AccountRetrieveParams"),
    Endpoint("POST", "/v1/account_links", shapes.LINK_CREATE, link, "AccountLinkCreateParams"),
)
