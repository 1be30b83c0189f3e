"""`python -m bench NAME [options]`: measures, prints a table, says by its exit status whether it holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

BENCHES: Final = {
    "money": "bench.money.command",
    "ocpp": "bench.ocpp.command",
    "storm": "bench.storm.command",
}


def main(argv: Sequence[str]) -> int:
    """0: every bar holds. 1: one does not. 2: there is no such bench, or it could not run."""
    if not argv or argv[0] not in BENCHES:
        print(f"usage: python -m bench {{{','.join(BENCHES)}}} [options]", file=sys.stderr)
        return 2
    status: int = import_module(BENCHES[argv[0]]).main(argv[1:])
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
