"""`python -m simulator.stripe --port 4010 --webhook-url … --webhook-secret … --state FILE --origin …`"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import uvicorn

from simulator.stripe import app
from simulator.stripe.store import Store
from simulator.stripe.wire import HangUpProtocol
from simulator.stripe.world import World

HOST: Final = "127.0.0.1"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
LIVE: Final = ("sk_live_", "rk_live_")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped. Returns 2 when it must not start (a live key near, a webhook to a stranger)."""
    options = _parser().parse_args(argv)
    if reason := refusal(os.environ, options.webhook_url):
        print(reason, file=sys.stderr)
        return 2
    serve(options)
    return 0


def refusal(environ: Mapping[str, str], webhook_url: str | None) -> str | None:
    """Why the stand-in must not start, if it must not."""
    for name, value in environ.items():
        if any(live in value for live in LIVE):
            return f"The stand-in for Stripe does not start beside a live key ({name})."
    if webhook_url and urlsplit(webhook_url).hostname not in LOOPBACK:
        return "The stand-in for Stripe sends webhooks to loopback addresses only."
    return None


def serve(options: argparse.Namespace) -> None:
    store = Store(options.state)
    world = World(store, origin=options.origin or f"http://{HOST}:{options.port}", merchant=options.merchant)
    application = app.build(world, webhook_url=options.webhook_url, webhook_secret=options.webhook_secret)
    config = uvicorn.Config(
        application,
        host=HOST,
        port=options.port,
        http=HangUpProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
    )
    try:
        uvicorn.Server(config).run()
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--webhook-url", help="where events are posted; none are when left out")
    parser.add_argument("--webhook-secret", default="whsec_standin")
    parser.add_argument("--state", help="SQLite file that survives a restart; memory when left out")
    parser.add_argument("--origin", help="where browsers find the hosted pages")
    parser.add_argument("--merchant", default="Forecourt", help="the name on the hosted page")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
