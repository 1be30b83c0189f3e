"""The way of one API call: key, faults, idempotency, parameters, then the operation in one transaction."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from simulator.stripe import deadlines, forms, idempotency
from simulator.stripe.errors import Broken, NotPermitted, RateLimited, StripeError
from simulator.stripe.faults import Faults
from simulator.stripe.fields import read_shape
from simulator.stripe.idempotency import Answer, Keys
from simulator.stripe.resources.reading import shown
from simulator.stripe.wire import hang_up
from simulator.stripe.world import API_VERSION, Call, Endpoint, World, dump

TEST_KEYS: Final = ("sk_test_", "rk_test_")


class Gate:
    """Answers API calls on a world, as well or as badly as `faults` wants."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = Keys(world)
        self.faults = Faults()

    async def answer(self, request: Request, endpoint: Endpoint) -> Response:
        """One call, whatever becomes of it, as an HTTP response."""
        request_id = f"req_{self.world.token(14)}"
        fault, wait_s = self.faults.for_call(request.method, request.url.path)
        if fault == "drop_before":
            return hang_up(request)
        try:
            answer = await self._judge(request, endpoint, request_id, fault, wait_s)
        except StripeError as refusal:
            answer = Answer(refusal.status, refusal.body())
        except ClientDisconnect:  # whoever asked was killed before the question was out
            return hang_up(request)
        if fault == "drop_after":
            return hang_up(request)
        return _respond(answer, request, request_id)

    async def _judge(
        self, request: Request, endpoint: Endpoint, request_id: str, fault: str | None, wait_s: float
    ) -> Answer:
        _check_key(request)
        if fault == "rate_limit":
            raise RateLimited("Too many requests hit the API too quickly.", code="rate_limit")
        params = forms.decode(await _pairs(request))
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        mark = idempotency.fingerprint(request.method, request.url.path, params)
        if key and (known := self.keys.recall(key, mark)):
            return known
        call = Call(params, dict(request.path_params), request_id, key)
        return await self._alone(endpoint, call, mark, fault, wait_s)

    async def _alone(
        self, endpoint: Endpoint, call: Call, mark: str, fault: str | None, wait_s: float
    ) -> Answer:
        """Only one call at a time works under a key; a second one meanwhile is a conflict."""
        key = call.idempotency_key
        if key:
            self.keys.at_work.add(key)
        try:
            await asyncio.sleep(wait_s)
            return self._execute(endpoint, call, mark, fault)
        finally:
            if key:
                self.keys.at_work.discard(key)

    def _execute(self, endpoint: Endpoint, call: Call, mark: str, fault: str | None) -> Answer:
        """Effects and the stored answer are one transaction: a killed stand-in forgets both or neither."""
        call.params = read_shape(endpoint.shape, call.params)
        with self.world.store.transaction():
            deadlines.sweep(self.world)
            answer = _broken() if fault == "error_before" else self._perform(endpoint, call)
            if fault == "error_after":
                answer = _broken()
            if call.idempotency_key:
                self.keys.store(call.idempotency_key, mark, answer)
        return answer

    def _perform(self, endpoint: Endpoint, call: Call) -> Answer:
        self.world.call = call
        expand: list[str] | None = call.params.get("expand")
        try:
            with self.world.store.transaction():
                try:
                    result = endpoint.handler(self.world, call)
                    return Answer(200, shown(self.world, result, expand))
                except StripeError as refusal:
                    if not refusal.keeps_effects:
                        raise
                    return Answer(refusal.status, refusal.body())
        except StripeError as refusal:
            return Answer(refusal.status, refusal.body())
        finally:
            self.world.call = Call({})


def _broken() -> Answer:
    error = Broken("An unknown error occurred (asked for by a fault of the stand-in).")
    return Answer(error.status, error.body())


async def _pairs(request: Request) -> list[tuple[str, str]]:
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if request.method == "POST":
        body = (await request.body()).decode()
        pairs += parse_qsl(body, keep_blank_values=True)
    return pairs


def _check_key(request: Request) -> None:
    """Any test key opens the stand-in; a live key has no business here."""
    key = _key(request.headers.get("authorization", ""))
    if not key:
        raise NotPermitted("You did not provide an API key.")
    if not key.startswith(TEST_KEYS) or len(key) < 12:
        raise NotPermitted(f"Invalid API Key provided: {key[:8]}…. The stand-in takes test keys (sk_test_…).")
    if request.headers.get("stripe-account"):
        raise NotPermitted(
            "The stand-in has one account: Stripe-Account names none of its.", code="account_invalid"
        )


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _respond(answer: Answer, request: Request, request_id: str) -> Response:
    headers: dict[str, Any] = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    if key := request.headers.get("idempotency-key"):
        headers["Idempotency-Key"] = key
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(dump(answer.body), answer.status, headers, media_type="application/json")
