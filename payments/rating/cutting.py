"""Cut a session into pieces in which no price can change. Pure and exact (integers, fractions)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias
from zoneinfo import ZoneInfo

from payments.rating import local_time
from payments.rating.facts import Holder, Period, SessionFacts, Use
from payments.rating.tariff import Dimension, PriceComponent, Restrictions, Tariff, TariffElement

Number: TypeAlias = int | Fraction
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Choice:
    """The component that prices one dimension, and the element it stands in."""

    element: int
    component: PriceComponent


@dataclass(slots=True)
class Piece:
    """A stretch with one set of prices. Instants in microseconds since 1970, energy in Wh."""

    start_us: Number
    end_us: Number
    energy_wh: Number
    energy_before_wh: Number
    use: Use
    held_by: Holder
    average_w: int | None
    current_a: Fraction | None
    choices: dict[Dimension, Choice]

    @property
    def duration_us(self) -> Number:
        return self.end_us - self.start_us

    @property
    def power_w(self) -> Number:
        """The average; from energy and time (the same in every part of a period) if not given."""
        if self.average_w is not None or not self.duration_us:
            return self.average_w or 0
        return Fraction(self.energy_wh * HOUR_S * SECOND_US) / self.duration_us


def instant_us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def instant(us: Number) -> datetime:
    return EPOCH + timedelta(microseconds=int(us))


def exact(value: int | Decimal) -> Number:
    """The same number as an integer when it is whole, else as a fraction."""
    if isinstance(value, int):
        return value
    fraction = Fraction(value)
    return fraction.numerator if fraction.denominator == 1 else fraction


class Cutter:
    """One tariff applied to one session's periods."""

    def __init__(self, tariff: Tariff, facts: SessionFacts) -> None:
        self.facts = facts
        self.rules = [
            Rule.of(index, element)
            for index, element in enumerate(tariff.elements)
            if not element.restrictions.reservation
        ]
        self.zone = ZoneInfo(facts.time_zone)
        self.start_us = instant_us(facts.periods[0].start_at)
        self.edges_us = self._edges()
        self.energy_edges_wh = sorted({edge for rule in self.rules for edge in rule.energy_edges_wh})
        self._timely: dict[int, list[Rule]] = {}
        self._chosen: dict[tuple[int, ...], dict[Dimension, Choice]] = {}

    def pieces(self) -> Iterator[Piece]:
        """The session's pieces in order, each with its choices."""
        energy_wh: Number = 0
        for period in _telling(self.facts.periods):
            for piece in self._by_energy(self._by_time(period, energy_wh)):
                piece.choices = self._choose(piece)
                yield piece
            energy_wh += exact(period.energy_wh)

    def _edges(self) -> list[int]:
        restrictions = [rule.restrictions for rule in self.rules]
        first, last = self.facts.periods[0].start_at, self.facts.periods[-1].end_at
        if self.facts.frozen_at is not None:
            last = first
        found = {instant_us(at) for at in local_time.edges(restrictions, self.zone, first, last)}
        for rule in restrictions:
            for bound in (rule.min_duration, rule.max_duration):
                if bound is not None:
                    found.add(self.start_us + bound * SECOND_US)
        return sorted(found)

    def _by_time(self, period: Period, energy_before_wh: Number) -> Iterator[Piece]:
        start_us, end_us = instant_us(period.start_at), instant_us(period.end_at)
        whole = _whole(period, start_us, end_us, energy_before_wh)
        first = bisect_right(self.edges_us, start_us)
        inner = self.edges_us[first : bisect_left(self.edges_us, end_us)]
        return _cut_at([Fraction(at - start_us, end_us - start_us) for at in inner], whole)

    def _by_energy(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            before, after = piece.energy_before_wh, piece.energy_before_wh + piece.energy_wh
            inner = [edge for edge in self.energy_edges_wh if before < edge < after]
            yield from _cut_at([Fraction(edge - before) / piece.energy_wh for edge in inner], piece)

    def _choose(self, piece: Piece) -> dict[Dimension, Choice]:
        fitting = [rule for rule in self._timely_at(piece.start_us) if not rule.bounds or rule.fits(piece)]
        key = tuple(rule.element for rule in fitting)
        if key not in self._chosen:
            self._chosen[key] = _first_of_each(fitting)
        return self._chosen[key]

    def _timely_at(self, at_us: Number) -> list[Rule]:
        """The rules whose times hold at an instant; the same between two edges."""
        between = bisect_right(self.edges_us, at_us)
        if between not in self._timely:
            local = (self.facts.frozen_at or instant(at_us)).astimezone(self.zone)
            elapsed_us = at_us - self.start_us
            self._timely[between] = [
                rule
                for rule in self.rules
                if local_time.holds(rule.restrictions, local) and _in_duration(rule.restrictions, elapsed_us)
            ]
        return self._timely[between]


@dataclass(frozen=True, slots=True)
class Rule:
    """An element with its bounds on energy (Wh), power (W) and current (A) made exact."""

    element: int
    components: tuple[PriceComponent, ...]
    restrictions: Restrictions
    bounds: tuple[tuple[str, Number | None, Number | None], ...]

    @classmethod
    def of(cls, index: int, element: TariffElement) -> Rule:
        rule = element.restrictions
        candidates = (
            ("energy_before_wh", _scaled(rule.min_kwh, 1000), _scaled(rule.max_kwh, 1000)),
            ("power_w", _scaled(rule.min_power, 1000), _scaled(rule.max_power, 1000)),
            ("current_a", _scaled(rule.min_current, 1), _scaled(rule.max_current, 1)),
        )
        bounds = tuple(bound for bound in candidates if bound[1:] != (None, None))
        return cls(index, element.price_components, rule, bounds)

    @property
    def energy_edges_wh(self) -> list[Number]:
        found = [bound[1:] for bound in self.bounds if bound[0] == "energy_before_wh"]
        return [edge for pair in found for edge in pair if edge is not None]

    def fits(self, piece: Piece) -> bool:
        """Do the bounds hold in this piece? What nobody measured fits."""
        for name, low, high in self.bounds:
            value: Number | None = getattr(piece, name)
            if value is None:
                continue
            if (low is not None and value < low) or (high is not None and value >= high):
                return False
        return True


def _telling(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    """Those of some length or energy: an empty one has no power by which an element could be chosen."""
    return tuple(one for one in periods if one.end_at > one.start_at or one.energy_wh) or periods[:1]


def _first_of_each(rules: list[Rule]) -> dict[Dimension, Choice]:
    chosen: dict[Dimension, Choice] = {}
    for rule in rules:
        for component in rule.components:
            chosen.setdefault(component.type, Choice(rule.element, component))
    return chosen


def _scaled(value: Decimal | None, scale: int) -> Number | None:
    return None if value is None else exact(value * scale)


def _whole(period: Period, start_us: int, end_us: int, energy_before_wh: Number) -> Piece:
    return Piece(
        start_us=start_us,
        end_us=end_us,
        energy_wh=exact(period.energy_wh),
        energy_before_wh=energy_before_wh,
        use=period.use,
        held_by=period.held_by,
        average_w=period.power_w,
        current_a=None if period.current_a is None else Fraction(period.current_a),
        choices={},
    )


def _cut_at(shares: list[Fraction], piece: Piece) -> Iterator[Piece]:
    """The piece cut at these shares (ascending, between 0 and 1) of its course."""
    if not shares:
        yield piece
        return
    for low, high in zip([Fraction(0), *shares], [*shares, Fraction(1)], strict=True):
        yield replace(
            piece,
            start_us=_tidy(piece.start_us + piece.duration_us * low),
            end_us=_tidy(piece.start_us + piece.duration_us * high),
            energy_wh=_tidy(piece.energy_wh * (high - low)),
            energy_before_wh=_tidy(piece.energy_before_wh + piece.energy_wh * low),
        )


def _tidy(value: Number) -> Number:
    return value.numerator if value.denominator == 1 else value


def _in_duration(rule: Restrictions, elapsed_us: Number) -> bool:
    if rule.min_duration is not None and elapsed_us < rule.min_duration * SECOND_US:
        return False
    return rule.max_duration is None or elapsed_us < rule.max_duration * SECOND_US
