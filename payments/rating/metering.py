"""Add up what each price component has to bill, and round it to steps. Pure and exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from payments.rating.cutting import SECOND_US, Choice, Number, Piece
from payments.rating.facts import Use
from payments.rating.tariff import Dimension

TIME_OF_USE = {Use.CHARGING: Dimension.TIME, Use.IDLE: Dimension.PARKING_TIME}
GRACE = "grace"


@dataclass(slots=True)
class Volume:
    """What one component bills: Wh, microseconds, or 1 for FLAT."""

    dimension: Dimension
    choice: Choice
    amount: Number = 0
    extra: Number = 0
    from_us: Number = 0
    to_us: Number = 0


@dataclass(slots=True)
class Block:
    """Consecutive pieces with the same use and the same choices: a charging period."""

    start_us: Number
    use: Use
    choices: dict[Dimension, Choice]
    energy_wh: Number = 0
    duration_us: Number = 0


@dataclass(slots=True)
class Metered:
    """A session's volumes by component, in the order of first use, and its plain totals."""

    grace_us: int = 0
    volumes: dict[tuple[Dimension, int], Volume] = field(default_factory=dict)
    last: dict[str, Volume] = field(default_factory=dict)
    left_out_us: dict[str, Number] = field(default_factory=dict)
    used_us: dict[Use, Number] = field(default_factory=lambda: dict.fromkeys(Use, 0))
    energy_wh: Number = 0
    blocks: list[Block] = field(default_factory=list)
    _grace_left_us: Number = 0

    def take(self, pieces: Iterable[Piece]) -> Metered:
        self._grace_left_us = self.grace_us
        for piece in pieces:
            self._take_flat(piece)
            self._take_energy(piece)
            self._take_time(piece)
            self._take_block(piece)
        self._round_to_steps()
        return self

    def _take_flat(self, piece: Piece) -> None:
        choice = piece.choices.get(Dimension.FLAT)
        if choice is not None and "flat" not in self.last:
            volume = self.last["flat"] = self._volume(Dimension.FLAT, choice, piece.start_us, piece.start_us)
            volume.amount = 1

    def _take_energy(self, piece: Piece) -> None:
        self.energy_wh += piece.energy_wh
        choice = piece.choices.get(Dimension.ENERGY)
        if choice is not None and piece.energy_wh > 0:
            volume = self.last["energy"] = self._volume(
                Dimension.ENERGY, choice, piece.start_us, piece.end_us
            )
            volume.amount += piece.energy_wh

    def _take_time(self, piece: Piece) -> None:
        self.used_us[piece.use] += piece.duration_us
        billable_us = piece.duration_us - self._left_out(piece)
        dimension = TIME_OF_USE.get(piece.use)
        choice = piece.choices.get(dimension) if dimension else None
        if dimension and choice and billable_us > 0:
            volume = self.last["time"] = self._volume(
                dimension, choice, piece.end_us - billable_us, piece.end_us
            )
            volume.amount += billable_us

    def _left_out(self, piece: Piece) -> Number:
        """How much of the piece's time is not billed, booked under its reason."""
        if piece.use is Use.HELD:
            self._leave_out(piece.held_by.value, piece.duration_us)
            return piece.duration_us
        if piece.use is Use.CHARGING:
            self._grace_left_us = self.grace_us
            return 0
        free_us = min(self._grace_left_us, piece.duration_us)
        self._grace_left_us -= free_us
        self._leave_out(GRACE, free_us)
        return free_us

    def _leave_out(self, reason: str, duration_us: Number) -> None:
        if duration_us:
            self.left_out_us[reason] = self.left_out_us.get(reason, 0) + duration_us
        if reason != GRACE:
            self._grace_left_us = self.grace_us

    def _volume(self, dimension: Dimension, choice: Choice, from_us: Number, to_us: Number) -> Volume:
        key = (dimension, choice.element)
        volume = self.volumes.setdefault(key, Volume(dimension, choice, from_us=from_us))
        volume.to_us = to_us
        return volume

    def _take_block(self, piece: Piece) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.use is not piece.use or last.choices != piece.choices:
            last = Block(piece.start_us, piece.use, piece.choices)
            self.blocks.append(last)
        last.energy_wh += piece.energy_wh
        last.duration_us += piece.duration_us

    def _round_to_steps(self) -> None:
        for kind, unit in (("energy", 1), ("time", SECOND_US)):
            if volume := self.last.get(kind):
                step = volume.choice.component.step_size * unit
                volume.extra = _missing(self._total(volume.dimension), step)

    def _total(self, dimension: Dimension) -> Number:
        return sum(volume.amount for volume in self.volumes.values() if volume.dimension is dimension)


def _missing(total: Number, step: int) -> Number:
    """What is missing to the next whole step; nothing at an exact multiple."""
    return -total % step if step else 0


def seconds(duration_us: Number) -> Fraction:
    return Fraction(duration_us) / SECOND_US
