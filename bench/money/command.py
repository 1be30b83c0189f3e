"""`python -m bench money [--json FILE] [--sessions 10000] [--workers 6] [--seed N]`.

Charges are held, billed and collected by processes that die at every step and at any moment, at a
provider that loses a quarter of all writes and most of its manners in webhooks. Then faults off, one
sweep, and every cent is looked for in three independent books.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.money import report, scene
from bench.money.scene import Plan
from bench.ocpp.command import exit_status, up_to
from bench.ocpp.servers import CannotRun
from embedded.places import Unavailable

MOST_SESSIONS: Final = 50_000
MOST_WORKERS: Final = 32
PATIENCE_S: Final = 300
PATIENCE_PER_SESSION_S: Final = 1


def main(argv: Sequence[str]) -> int:
    """0 when every bar holds, 1 when one does not, 2 when it could not be tried."""
    options = _options(argv)
    plan = Plan(
        sessions=options.sessions,
        workers=options.workers,
        seed=options.seed,
        patience_s=PATIENCE_S + PATIENCE_PER_SESSION_S * options.sessions,
    )
    try:
        outcome = scene.play(plan)
    except (CannotRun, Unavailable) as problem:
        print(f"The bench could not run: {problem}", file=sys.stderr)
        return 2
    print(report.table(outcome))
    if options.json:
        options.json.write_text(json.dumps(report.document(outcome), indent=2) + "\n")
    return exit_status(outcome.bars)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench money", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--sessions", type=up_to(MOST_SESSIONS), default=10_000)
    parser.add_argument("--workers", type=up_to(MOST_WORKERS), default=6)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(argv)
