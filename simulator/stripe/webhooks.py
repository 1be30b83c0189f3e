"""Signed webhooks: every event is posted until the receiver says 2xx, with growing pauses."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import urllib.request
from typing import Final

from simulator.stripe.errors import Document
from simulator.stripe.gate import Gate

BACK_OFF_S: Final = (1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 1800, 3600)
POLL_S: Final = 0.05
TIMEOUT_S: Final = 10
AT_ONCE: Final = 8
SHUFFLE_S: Final = 0.8


def sign(payload: str, secret: str, at_s: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA-256 over `time.payload`."""
    digest = hmac.new(secret.encode(), f"{at_s}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


class Courier:
    """Takes queued events out of the store and posts them. One task; deliveries overlap a little."""

    def __init__(self, gate: Gate, url: str, secret: str) -> None:
        self.gate, self.url, self.secret = gate, url, secret
        self.world = gate.world
        handlers = (urllib.request.ProxyHandler({}), _StayHere())
        self.opener = urllib.request.build_opener(*handlers)

    async def run(self) -> None:
        """Until canceled. A batch is sent side by side, so receivers must not trust the order."""
        while True:
            batch = self._due()
            if not batch:
                await asyncio.sleep(POLL_S)
                continue
            await asyncio.gather(*(self._deliver(*row) for row in batch))

    def _due(self) -> list[tuple[int, str, int]]:
        return self.world.store.db.execute(
            "select seq, event, attempts from deliveries where next_at <= ? order by next_at, seq limit ?",
            (self.world.clock.now(), AT_ONCE),
        ).fetchall()

    async def _deliver(self, seq: int, event_id: str, attempts: int) -> None:
        fault = self.gate.faults.for_webhook() if attempts == 0 else None
        if fault == "webhook_shuffle":
            self._later(seq, attempts + 1, self.gate.faults.webhook_random.uniform(0, SHUFFLE_S))
            return
        event = self.world.store.any(event_id)
        if event is None:  # reset while the batch was on its way
            return
        arrived = fault == "webhook_drop" or await self._post(event)
        if fault == "webhook_duplicate":
            await self._post(event)
        if arrived:
            self._done(seq, event)
        elif attempts >= len(BACK_OFF_S):
            self.world.store.db.execute("delete from deliveries where seq = ?", (seq,))
        else:
            self._later(seq, attempts + 1, BACK_OFF_S[attempts])

    async def _post(self, event: Document) -> bool:
        payload = json.dumps(event, indent=2)
        return await asyncio.to_thread(self._post_now, payload)

    def _post_now(self, payload: str) -> bool:
        signature = sign(payload, self.secret, int(self.world.clock.now()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (stand-in)",
        }
        request = urllib.request.Request(self.url, payload.encode(), headers)  # noqa: S310 (loopback, checked at start)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as response:
                return bool(200 <= response.status < 300)
        except (OSError, ValueError):
            return False

    def _later(self, seq: int, attempts: int, pause_s: float) -> None:
        self.world.store.db.execute(
            "update deliveries set attempts = ?, next_at = ? where seq = ?",
            (attempts, self.world.clock.now() + pause_s, seq),
        )

    def _done(self, seq: int, event: Document) -> None:
        if self.world.store.any(event["id"]) is None:  # reset while it was on its way: nothing comes back
            return
        with self.world.store.transaction():
            self.world.store.db.execute("delete from deliveries where seq = ?", (seq,))
            self.world.store.put(event | {"pending_webhooks": 0})


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is not a 2xx, and nothing is followed away from the address given at the start."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None
