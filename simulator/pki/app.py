"""The stand-in over HTTP, loopback only: JSON in, JSON out; the levers of a test under /_…"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.pki.world import CONTRACT_DAYS, World

Answer = Callable[[World, dict[str, Any]], dict[str, Any] | None]


def build(world: World, *, key: str = "") -> Starlette:
    """With `key`, every request must carry it as a bearer token."""
    paths = {"contracts": contracts, "ocsp": ocsp, "status": status, "judgments": judgments}
    levers = {"_contracts": make_contract, "_revocations": revoke}
    routes = [
        Route(f"/{path}", _handler(world, answer, key), methods=["POST"])
        for path, answer in {**paths, **levers}.items()
    ]
    return Starlette(routes=[*routes, Route("/", _well)])


def _handler(world: World, answer: Answer, key: str) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        if key and request.headers.get("authorization") != f"Bearer {key}":
            return JSONResponse({"error": "unauthorized"}, 401)
        said = answer(world, await request.json())
        return JSONResponse({"error": "unknown"}, 404) if said is None else JSONResponse(said)

    return handle


async def _well(request: Request) -> Response:
    return JSONResponse({"stand-in": "public key infrastructure"})


def contracts(world: World, asked: dict[str, Any]) -> dict[str, Any] | None:
    return world.answer_car(asked)


def ocsp(world: World, asked: dict[str, Any]) -> dict[str, Any] | None:
    der = world.ocsp(asked)
    return None if der is None else {"response": base64.b64encode(der).decode()}


def status(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    return world.status(asked)


def judgments(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    return {"judgment": world.judge(asked)}


def make_contract(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    contract = world.issue(str(asked["emaid"]), days=int(asked.get("days", CONTRACT_DAYS)))
    return {"chain": contract.pem, "hash": {"hash_algorithm": "SHA256", **world.hash_of(contract)}}


def revoke(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.revoked[int(str(asked["serial_number"]), 16)] = world.clock()
    return {"revoked": len(world.revoked)}
