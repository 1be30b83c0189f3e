"""`python -m simulator stations …` and `python -m simulator stripe …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Hand over to one of the two parties; each explains itself with --help."""
    match list(argv):
        case ["stations", *rest]:
            from simulator.stations.__main__ import main as stations

            return stations(rest)
        case ["stripe", *rest]:
            from simulator.stripe.__main__ import main as stripe

            return stripe(rest) or 0
        case _:
            print("usage: python -m simulator {stations,stripe} [--help]", file=sys.stderr)
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
