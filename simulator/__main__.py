"""`python -m simulator stations …`, `python -m simulator stripe …` and `python -m simulator pki …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Hand over to one of the parties; each explains itself with --help."""
    match list(argv):
        case ["stations", *rest]:
            from simulator.stations.__main__ import main as stations

            return stations(rest)
        case ["stripe", *rest]:
            from simulator.stripe.__main__ import main as stripe

            return stripe(rest) or 0
        case ["pki", *rest]:
            from simulator.pki.__main__ import main as pki

            return pki(rest)
        case _:
            print("usage: python -m simulator {stations,stripe,pki} [--help]", file=sys.stderr)
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
