"""One Stripe account as the stand-in keeps it: objects, a clock, events. Handlers receive it first."""

from __future__ import annotations

import json
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.stripe.errors import Document
from simulator.stripe.fields import Shape
from simulator.stripe.store import Store

API_VERSION: Final = "2026-10-28.endive"
LETTERS: Final = string.ascii_letters + string.digits
PREFIXES: Final = {
    "customer": "cus",
    "payment_intent": "pi",
    "setup_intent": "seti",
    "payment_method": "pm",
    "checkout.session": "cs_test",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "balance_transaction": "txn",
    "account": "acct",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "event": "evt",
    "item": "li",
}


class Clock:
    """Real time plus an offset that a test may set, so that a week's hold can run out in a second."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now(self) -> float:
        return time.time() + self.offset_s


@dataclass
class Call:
    """One request as a handler sees it: read parameters, the ids in its path, its name and its key."""

    params: dict[str, Any]
    path: dict[str, str] = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API. `params_type` names the SDK's TypedDict it is compared with in the tests."""

    method: str
    path: str
    shape: Shape
    handler: Callable[[World, Call], Document]
    params_type: str


class World:
    """The account. `origin` is where payers' browsers find the hosted pages, `merchant` what these show."""

    def __init__(self, store: Store, *, origin: str, merchant: str = "Forecourt") -> None:
        self.store, self.origin, self.merchant = store, origin, merchant
        self.clock = Clock()
        self.call = Call({})

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock.now())

    def new_id(self, kind: str) -> str:
        return f"{PREFIXES[kind]}_{self.token()}"

    @staticmethod
    def token(length: int = 24) -> str:
        return "".join(secrets.choice(LETTERS) for _ in range(length))

    def new(self, kind: str, **fields: Any) -> Document:
        """A document of this kind, not yet kept."""
        base = {"id": self.new_id(kind), "object": kind, "created": self.now(), "livemode": False}
        return base | fields

    def emit(self, event_type: str, document: Document) -> None:
        """Write an event with the object as it is now, and queue its delivery."""
        event = self.new(
            "event",
            api_version=API_VERSION,
            data={"object": public(document)},
            pending_webhooks=1,
            request={"id": self.call.request_id, "idempotency_key": self.call.idempotency_key},
            type=event_type,
        )
        self.store.put(event)
        self.store.db.execute(
            "insert into deliveries (event, next_at) values (?, ?)", (event["id"], self.clock.now())
        )


def public(document: Document) -> Document:
    """The document without what only the stand-in knows (names that begin with an underscore)."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def merge_metadata(document: Document, changes: dict[str, str] | None) -> None:
    """Stripe's rule: given keys are set, keys given empty are removed, others stay."""
    if changes is None:
        return
    merged = (document.get("metadata") or {}) | changes
    document["metadata"] = {key: value for key, value in merged.items() if value != ""}


def copy_given(document: Document, params: dict[str, Any], *names: str) -> None:
    for name in names:
        if name in params:
            document[name] = params[name]


def dump(body: Document) -> str:
    return json.dumps(body, indent=2)
