"""Stripe's idempotency, exactly: the first answer to a key is the answer, a 500 included, for 24 hours.

An answer is stored once an operation began to execute: refusals of malformed calls, conflicts, missing
keys of the API and rate limits are not stored, as at Stripe.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from simulator.stripe.errors import Document, InvalidRequest, KeyConflict, KeyMisused
from simulator.stripe.world import World

REMEMBERED_S: Final = 24 * 3_600


@dataclass(frozen=True)
class Answer:
    status: int
    body: Document
    replayed: bool = False


class Keys:
    """The keys of one account: stored answers in the store, those at work in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at_work: set[str] = set()

    def recall(self, key: str, fingerprint: str) -> Answer | None:
        """The stored answer. Raises KeyMisused for other parameters, KeyConflict while one is at work."""
        if len(key) > 255:
            raise InvalidRequest("Idempotency keys are at most 255 characters long.")
        if key in self.at_work:
            message = (
                f"There is currently another in-progress request using this Idempotent Key: {key}."
                " Please try again later."
            )
            raise KeyConflict(message, code="idempotency_key_in_use")
        row = self.world.store.db.execute(
            "select fingerprint, status, body from answers where key = ? and created > ?",
            (key, self.world.now() - REMEMBERED_S),
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first"
                f" used with. Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise KeyMisused(message)
        return Answer(row[1], json.loads(row[2]), replayed=True)

    def store(self, key: str, fingerprint: str, answer: Answer) -> None:
        self.world.store.db.execute(
            "insert or replace into answers (key, fingerprint, status, body, created) values (?, ?, ?, ?, ?)",
            (key, fingerprint, answer.status, json.dumps(answer.body), self.world.now()),
        )

    def forget_old(self) -> None:
        self.world.store.db.execute(
            "delete from answers where created <= ?", (self.world.now() - REMEMBERED_S,)
        )


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """The same for the same operation with the same parameters, in any order."""
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
