"""Who charges how much: the same for the crew and for the one who checks it. Pure.

One driver's card in 25 pays nothing. A session in ten costs nothing, one in ten more than is held. One driver
in five keeps a balance: it pays the first charges, a part of one, and then her card does.
"""

from __future__ import annotations

from random import Random
from typing import Final

SESSIONS_PER_DRIVER: Final = 20
REFUSED_ONE_IN: Final = 25
BALANCE_ONE_IN: Final = 5
TOP_UP_MINOR: Final = 20_000
PRICE_PER_KWH: Final = "0.50"
HOLD_MINOR: Final = 5_000
WORKS: Final = "works"
REFUSES: Final = "refuses"


def drivers(sessions: int) -> int:
    return -(-sessions // SESSIONS_PER_DRIVER)


def email(driver: int) -> str:
    """A driver's address says whether the card pays."""
    card = REFUSES if driver % REFUSED_ONE_IN == 7 else WORKS
    return f"{card}.{driver}@bench.example"


def has_paying_card(address: str) -> bool:
    return address.startswith(WORKS)


def keeps_balance(driver: int) -> bool:
    return driver % BALANCE_ONE_IN == 3 and has_paying_card(email(driver))


def energy_wh(session: int) -> int:
    """Below 100 kWh the hold covers it; the rest of what is dearer is asked for afterwards."""
    drawn = Random(f"energy {session}")
    if session % 10 == 3:
        return 0
    kwh = drawn.randint(102, 140) if session % 10 == 7 else drawn.randint(1, 99)
    return kwh * 1_000 + drawn.randrange(0, 1_000)
