"""Who draws how much now: a fair plan for every car of a site, and a sentence for each.

The policy ("fair-1"): every car its minimum, then equal amps per phase for all (max-min on the tree of
limits), whole amps, leftovers to the most urgent. What one car leaves goes to the others. When not
everybody can have the minimum, cars take turns. Drivers misreport departures and needs, so these only
break ties. Nothing here reads a clock, a table or a network: the same values give the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from scheduling.allocation import sentences
from scheduling.allocation.claims import claims_of, full_claim, is_unreachable, offered_ma, spare_s
from scheduling.allocation.filling import NOWHERE, Claim, admit, fill, hand_out_leftovers, round_down
from scheduling.allocation.power_types import (
    AC_MINIMUM_A,
    Branch,
    Evse,
    Plan,
    PriceStep,
    Reason,
    Session,
    Share,
    Site,
    SolarStep,
    UnknownEvse,
    UnusableSite,
)
from scheduling.allocation.room import Room

__all__ = [
    "AC_MINIMUM_A",
    "Branch",
    "Evse",
    "Plan",
    "PriceStep",
    "Reason",
    "Session",
    "Share",
    "Site",
    "SolarStep",
    "UnknownEvse",
    "UnusableSite",
    "failsafe",
    "plan",
]

POLICY: Final = "fair-1"
TURN: Final = timedelta(minutes=15)  # how long a car may charge before a waiting one takes its place
PROBE_AFTER: Final = timedelta(minutes=30)  # a car that paused is asked this often whether it wants again
PROBE_FOR: Final = timedelta(minutes=3)


def plan(
    *,
    now: datetime,
    site: Site,
    sessions: Sequence[Session],
    tariff: Sequence[PriceStep] | None = None,
    solar: Sequence[SolarStep] | None = None,
    previous: Plan | None = None,
) -> Plan:
    """Share the site's power between the sessions.

    Units are those of ``power_types``. ``previous`` is the plan made before: it remembers whose turn it
    is. ``tariff`` and ``solar`` are accepted so that callers need not change; "fair-1" neither waits for
    cheap hours nor counts on the sun. Raises ``UnusableSite`` or ``UnknownEvse`` for input that makes no
    sense. Never plans above a limit; where chargers that do not listen already exceed one, every other
    car below it gets nothing.
    """
    ordered = sorted(sessions, key=lambda session: session.id)
    desk = _Desk(now, site, ordered, previous)
    desk.share()
    return Plan(site_id=site.id, made_at=now, policy=POLICY, shares=desk.shares())


def failsafe(site: Site) -> dict[str, float]:
    """A default limit per EVSE (amps per phase, or watts for DC) that holds without us.

    If every EVSE drew its failsafe at once, no limit would be exceeded. 0 where 6 A are not to be had.
    """
    room = Room(site)
    claims = [
        full_claim(evse, Session(id=evse.id, evse_id=evse.id, connected_at=_EPOCH), site, room)
        for evse in sorted(site.evses, key=lambda evse: evse.id)
    ]
    admitted = admit(claims, room)
    fill(admitted, room)
    round_down(admitted, room)
    return {claim.evse.id: claim.scale.limit_of(claim.granted_ma) for claim in claims}


_EPOCH: Final = datetime.min.replace(tzinfo=UTC)


class _Desk:
    """One plan in the making."""

    def __init__(self, now: datetime, site: Site, sessions: Sequence[Session], previous: Plan | None) -> None:
        self.now, self.site = now, site
        self.room = Room(site)
        self.previous_at = previous.made_at if previous else now
        self.before = {share.session_id: share for share in previous.shares} if previous else {}
        self.reasons: dict[str, Reason] = {}
        self.claims = claims_of(site, sessions, self.room)

    def share(self) -> None:
        active, asleep = self._split()
        admitted = admit(sorted(active, key=self._turn), self.room)
        self._fill(admitted)
        admitted += admit(asleep, self.room)
        self._share_what_nobody_asked_for(admitted)
        self._keep_steady(admitted)

    def shares(self) -> tuple[Share, ...]:
        return tuple(self._share_of(claim) for claim in self.claims)

    def _split(self) -> tuple[list[Claim], list[Claim]]:
        """Those that want power now (or are due to be asked), and those that paused by themselves."""
        open_claims = [
            claim for claim in self.claims if not is_unreachable(claim.session) and not claim.session.finished
        ]
        asleep = [c for c in open_claims if c.session.suspended and not self._is_probe_due(c)]
        return [claim for claim in open_claims if claim not in asleep], asleep

    def _turn(self, claim: Claim) -> tuple[int, float, float, str]:
        """Whose turn it is: those within theirs, then the longest waiting, then those who had one."""
        share = self.before.get(claim.session.id)
        if share is None:
            return 1, -(self.now - claim.session.connected_at).total_seconds(), 0.0, claim.session.id
        age_s = (self.now - share.state_since).total_seconds()
        if not share.is_on:
            return 1, -age_s, share.on_s, claim.session.id
        is_over = age_s >= TURN.total_seconds()
        return (2, age_s, share.on_s, claim.session.id) if is_over else (0, -age_s, 0.0, claim.session.id)

    def _is_probe_due(self, claim: Claim) -> bool:
        share = self.before.get(claim.session.id)
        if share is None:
            return False
        age = self.now - share.state_since
        is_asked = share.is_on and share.reason is Reason.PROBE
        return age < PROBE_FOR if is_asked else not share.is_on and age >= PROBE_AFTER

    # --- sharing

    def _fill(self, admitted: list[Claim]) -> None:
        fill(admitted, self.room)
        round_down(admitted, self.room)
        hand_out_leftovers(admitted, self.room, self._urgency)

    def _urgency(self, claim: Claim) -> tuple[float, int, str]:
        return spare_s(claim, self.now, self.site), claim.granted_ma, claim.session.id

    def _share_what_nobody_asked_for(self, admitted: list[Claim]) -> None:
        """Nobody wants it, so a car that draws less than offered may as well keep its offer."""
        keepers = [claim for claim in admitted if not claim.session.suspended and claim.is_content]
        for claim in keepers:
            if claim.ceiling_ma < claim.maximum_ma:
                self.reasons[claim.session.id] = Reason.GIVES_BACK
                claim.ceiling_ma = claim.maximum_ma
        self._fill(admitted)

    def _keep_steady(self, admitted: Iterable[Claim]) -> None:
        """A step less is not worth a message where the old figure still fits."""
        for claim in admitted:
            offer_ma = offered_ma(claim)
            if offer_ma is None or not 0 < offer_ma - claim.granted_ma <= claim.scale.ma_of_steps(1):
                continue
            more_ma = claim.scale.whole(offer_ma) - claim.granted_ma
            if more_ma > 0 and offer_ma <= claim.maximum_ma and self.room.fits(claim.cells, more_ma):
                self.room.take(claim.cells, more_ma)
                claim.granted_ma += more_ma
                self.reasons[claim.session.id] = Reason.STEADY

    # --- answers

    def _share_of(self, claim: Claim) -> Share:
        session, reason, branch_name = claim.session, self._reason(claim), self._bottleneck_name(claim)
        is_ac = claim.evse.current_type == "ac"
        limit = claim.scale.limit_of(claim.granted_ma)
        if reason is Reason.UNREACHABLE:
            limit = float((session.budget_a if is_ac else session.budget_w) or 0)
        share = Share(
            session_id=session.id,
            evse_id=claim.evse.id,
            phases=session.phases or claim.evse.phases,
            limit_a=limit if is_ac else None,
            limit_w=None if is_ac else round(limit),
            controlled=reason is not Reason.UNREACHABLE,
            reason=reason,
            sentence=sentences.sentence(claim, reason, limit, branch_name),
            branch_name=branch_name,
            changed_at=self.now,
            state_since=self.now,
        )
        return _remembering(share, self.before.get(session.id), self.previous_at, session.connected_at)

    def _reason(self, claim: Claim) -> Reason:
        if is_unreachable(claim.session):
            return Reason.UNREACHABLE
        if claim.session.finished:
            return Reason.FINISHED
        if claim.session.suspended:
            return Reason.PROBE if claim.granted_ma and self._is_probe_due(claim) else Reason.SUSPENDED
        if not claim.granted_ma:
            return Reason.WAITING
        if claim.granted_ma >= claim.maximum_ma:
            return Reason.WANTS_NO_MORE
        return self.reasons.get(claim.session.id, Reason.FAIR_SHARE)

    def _bottleneck_name(self, claim: Claim) -> str:
        cell = claim.bottleneck if claim.bottleneck != NOWHERE else self.room.tightest(claim.cells)
        return self.room.branch_name(self._nearest_full(claim, cell) if claim.granted_ma else cell)

    def _nearest_full(self, claim: Claim, otherwise: int) -> int:
        """Of several limits that hold a car back, the one nearest to it."""
        step_ma = claim.scale.ma_of_steps(1)
        return next((cell for cell in claim.cells if self.room.left[cell] < step_ma), otherwise)


def _remembering(share: Share, before: Share | None, before_at: datetime, connected_at: datetime) -> Share:
    """The same share, with the instants that tell how long it has been so."""
    if before is None:
        return share if share.is_on else replace(share, state_since=connected_at)
    same = (share.limit_a, share.limit_w) == (before.limit_a, before.limit_w)
    since_s = (share.changed_at - before_at).total_seconds()
    return replace(
        share,
        changed_at=before.changed_at if same else share.changed_at,
        state_since=before.state_since if share.is_on == before.is_on else share.state_since,
        on_s=before.on_s + (since_s if before.is_on else 0.0),
    )
