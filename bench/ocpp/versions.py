"""The versions in which the bench speaks: the word of the handshake, and the stories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.ocpp import mix, mix201
from bench.ocpp.mix import Charger, Story


@dataclass(frozen=True)
class Version:
    """`opening` says boot and three statuses; `charging` begins a charge and never ends it."""

    subprotocol: str
    day: Callable[[Charger], Story]
    opening: Callable[[Charger, Sequence[int]], Story]
    charging: Callable[[Charger], Story]
    three_places: tuple[int, int, int]


_NEWER: Final = (mix201.day, mix201.opening, mix201.charging, (1, 2, 3))

VERSIONS: Final[Mapping[str, Version]] = {
    "1.6": Version("ocpp1.6", mix.day, mix.opening, mix.charging, (0, 1, 2)),
    "2.0.1": Version("ocpp2.0.1", *_NEWER),
    "2.1": Version("ocpp2.1", *_NEWER),
}
