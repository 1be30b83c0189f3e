"""The words of slots: connectors, requests, offers and promises.

Time is counted in steps of 15 minutes since the board's ``origin_at``; windows are half-open, so
``Window(4, 8)`` is the second hour. Energy in watt-hours, power in watts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal

STEP: Final = timedelta(minutes=15)
STEP_H: Final = 0.25
Preference = Literal["soonest", "cheapest", "fastest"]


class OfferGone(Exception):
    """Somebody else took it, or the offer does not belong to this board; ask for a new quote."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Steps from ``start`` up to, not including, ``end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a window must end after it starts: {self.start}..{self.end}")

    @property
    def steps(self) -> int:
        return self.end - self.start

    @property
    def mask(self) -> int:
        """One bit per step; windows overlap when their masks do."""
        return ((1 << self.steps) - 1) << self.start

    def contains(self, other: Window) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorClass:
    """Connectors of one site that a driver cannot tell apart: any may serve a promise of the class.

    ``power_w`` is what a connector can give; ``price_minor_per_kwh`` only orders offers.
    """

    id: str
    standards: frozenset[str]
    current_type: Literal["ac", "dc"]
    power_w: int
    price_minor_per_kwh: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One place to charge. ``closed``: when it is out of service or taken by a walk-up."""

    id: str
    class_id: str
    closed: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a driver asks for.

    ``arrival``: the steps in which charging may start. ``deadline``: the step by which it must be over
    (``None``: no deadline). ``site_share_w``: the most the site can spare for it. ``steps``: a fixed
    length, instead of one from the energy. ``class_id``: only this class.
    """

    id: str
    arrival: Window
    energy_wh: int = 0
    standards: frozenset[str] = frozenset()
    max_ac_w: int | None = None
    max_dc_w: int | None = None
    site_share_w: int | None = None
    deadline: int | None = None
    steps: int | None = None
    class_id: str | None = None
    preference: Preference = "soonest"
    value: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A window and a class that can be promised now. ``connector_id`` is provisional.

    ``is_alternative``: outside of what was asked, the next that is free.
    """

    request: Request
    class_id: str
    window: Window
    steps: int
    start: int
    connector_id: str
    is_alternative: bool
    sentence: str

    @property
    def slot(self) -> Window:
        return Window(self.start, self.start + self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An accepted offer: charging takes ``steps`` steps inside ``window``, on a connector of the class.

    ``start`` and ``connector_id`` are today's plan and may change, unless ``is_fixed`` (the charger has
    been told, or the car is there). Window, class and length never change.
    """

    id: str
    class_id: str
    window: Window
    steps: int
    start: int
    connector_id: str
    is_fixed: bool = False

    @property
    def slot(self) -> Window:
        return Window(self.start, self.start + self.steps)


@dataclass(frozen=True, kw_only=True)
class Board:
    """All that is known about one site's slots. ``horizon``: steps that can be promised.

    ``waiting`` are requests not served yet; ``reoptimise`` tries to serve them.
    """

    origin_at: datetime
    horizon: int
    classes: tuple[ConnectorClass, ...]
    connectors: tuple[Connector, ...]
    promises: tuple[Promise, ...] = ()
    waiting: tuple[Request, ...] = field(default=())

    @cached_property
    def class_of(self) -> Mapping[str, ConnectorClass]:
        return {each.id: each for each in self.classes}

    @cached_property
    def connectors_of(self) -> Mapping[str, tuple[Connector, ...]]:
        ordered = sorted(self.connectors, key=lambda connector: connector.id)
        return {each.id: tuple(c for c in ordered if c.class_id == each.id) for each in self.classes}

    @cached_property
    def closed(self) -> Mapping[str, int]:
        """Per connector, a bit for each step it is closed."""
        return {connector.id: mask_of(connector.closed) for connector in self.connectors}

    @cached_property
    def busy(self) -> Mapping[str, int]:
        """Per connector, a bit for each step it is closed or promised."""
        masks = dict(self.closed)
        for promise in self.promises:
            masks[promise.connector_id] |= promise.slot.mask
        return masks

    def step_of(self, at: datetime) -> int:
        """The step that contains an instant."""
        return (at - self.origin_at) // STEP

    def at(self, step: int) -> datetime:
        """When a step begins."""
        return self.origin_at + step * STEP


def mask_of(windows: tuple[Window, ...]) -> int:
    mask = 0
    for window in windows:
        mask |= window.mask
    return mask
