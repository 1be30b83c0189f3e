"""The HTTP application: the API under /v1, the hosted pages, and the levers of a test under /_…"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulator.stripe import faults, render
from simulator.stripe.endpoints import ENDPOINTS
from simulator.stripe.errors import InvalidRequest
from simulator.stripe.gate import Gate
from simulator.stripe.views import HostedPages
from simulator.stripe.webhooks import Courier
from simulator.stripe.world import Endpoint, World

Handler = Callable[[Request], Awaitable[Response]]


def build(world: World, *, webhook_url: str | None = None, webhook_secret: str = "") -> Starlette:
    """The application on a world; with a webhook address, events are delivered while it runs."""
    gate = Gate(world)
    courier = Courier(gate, webhook_url, webhook_secret) if webhook_url else None
    routes = [*_api(gate), *_pages(world), *_levers(gate)]
    app = Starlette(routes=routes, lifespan=lambda app: _running(gate, courier))
    app.state.gate = gate
    return app


@contextlib.asynccontextmanager
async def _running(gate: Gate, courier: Courier | None) -> AsyncIterator[None]:
    gate.keys.forget_old()
    task = asyncio.create_task(courier.run()) if courier else None
    yield
    if task:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _api(gate: Gate) -> list[Route]:
    def handler(endpoint: Endpoint) -> Handler:
        async def answer(request: Request) -> Response:
            return await gate.answer(request, endpoint)

        return answer

    routes = [Route(e.path, handler(e), methods=[e.method]) for e in ENDPOINTS]
    return [*routes, Route("/v1/{rest:path}", _unknown, methods=["GET", "POST", "DELETE"])]


async def _unknown(request: Request) -> Response:
    message = f"Unrecognized request URL ({request.method}: {request.url.path}). Not known to the stand-in."
    return JSONResponse(InvalidRequest(message).body(), 404)


def _pages(world: World) -> list[Route]:
    pages = HostedPages(world)
    both = ["GET", "POST"]
    return [
        Route("/checkout/{id}", pages.checkout, methods=both),
        Route("/authenticate/{id}", pages.authenticate, methods=both),
        Route("/setup/{id}", pages.setup, methods=both),
        Route("/assets/checkout.css", _styles),
    ]


async def _styles(request: Request) -> Response:
    return FileResponse(render.PAGES / "checkout.css", media_type="text/css")


def _levers(gate: Gate) -> list[Route]:
    """`/_health`, `/_faults`, `/_clock`, `/_reset`: JSON, for tests and the demo."""

    async def set_faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                gate.faults = faults.from_document(json.loads(await request.body() or b"{}"))
            except (InvalidRequest, ValueError, TypeError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(gate.faults.as_document())

    async def set_clock(request: Request) -> Response:
        if request.method == "POST":
            gate.world.clock.offset_s = float(json.loads(await request.body())["offset_s"])
        return JSONResponse({"now": gate.world.now(), "offset_s": gate.world.clock.offset_s})

    async def reset(request: Request) -> Response:
        gate.world.store.empty()
        gate.world.clock.offset_s = 0.0
        gate.faults = faults.Faults()
        return JSONResponse({"reset": True})

    return [
        Route("/_health", _health),
        Route("/_faults", set_faults, methods=["GET", "POST"]),
        Route("/_clock", set_clock, methods=["GET", "POST"]),
        Route("/_reset", reset, methods=["POST"]),
    ]


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")
