"""`python -m simulator.pki --port 4020 [--key TOKEN]`"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

import uvicorn

from simulator.pki import app
from simulator.pki.world import World

HOST: Final = "127.0.0.1"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve on loopback until stopped."""
    parser = argparse.ArgumentParser(prog="python -m simulator.pki", description=__doc__)
    parser.add_argument("--port", type=int, default=4020)
    parser.add_argument("--key", default="", help="the bearer token that requests must carry")
    options = parser.parse_args(argv)
    application = app.build(World(), key=options.key)
    uvicorn.run(application, host=HOST, port=options.port, ws="none", log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
