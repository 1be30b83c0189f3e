"""What the live page says about one charge: level, power, cost, why, what comes next, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Vehicle
from core import clock
from core.money import Money
from core.ui.numbers import kw_text, money_text
from payments.models import Payment
from payments.selectors import payments_of
from payments.services.pricing import live_cost
from scheduling.models import Reservation
from scheduling.selectors.bookings import booking_of_session
from scheduling.selectors.power import PowerNow, power_now
from scheduling.states import OPEN_RESERVATION
from stations.models import ChargingSession, MeterReading, StationCommand

TARGET_PERCENT: Final = 80
WARN_BEFORE: Final = timedelta(hours=2)
MAX_POINTS: Final = 240
END_REASONS: Final[dict[str, str | Promise]] = {
    "not_plugged_in": gettext_lazy("Nobody plugged in."),
    "cancelled": gettext_lazy("You stopped it before it began."),
    "start_rejected": gettext_lazy("The charger refused to start."),
    "start_failed": gettext_lazy("The charger could not start."),
    "start_expired": gettext_lazy("The charger did not answer in time."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the timeline."""

    text: str
    at: datetime
    icon: str = "check"
    role: str = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """`eta_at`: when the target level is reached. `power` is (at, watts), oldest first."""

    session: ChargingSession
    cost: Money
    power: Sequence[tuple[datetime, int]]
    reason: str
    eta_at: datetime | None
    next_booking: Reservation | None
    steps: Sequence[Step]
    stop: StationCommand | None
    wanted_wh: int | None = None
    target_percent: int = TARGET_PERCENT

    @property
    def share(self) -> float | None:
        """How far the ring is filled: the level, else the energy against what was wanted."""
        if self.session.soc_percent is not None:
            return self.session.soc_percent / 100
        return self.session.energy_wh / self.wanted_wh if self.wanted_wh else None

    @property
    def target_fraction(self) -> float | None:
        is_known = self.session.soc_percent is not None and self.session.is_open
        return self.target_percent / 100 if is_known else None

    @property
    def is_stopping(self) -> bool:
        return self.stop is not None and self.stop.status in ("queued", "sent", "accepted")

    @property
    def end_reason(self) -> str | Promise:
        return END_REASONS.get(self.session.end_reason, "")


def live_of(session: ChargingSession) -> Live:
    """Everything the live page shows of a session, open or over."""
    bill = live_cost(session)
    power = power_curve(session)
    return Live(
        session=session,
        cost=Money(bill.total_gross, bill.currency).rounded(),
        power=power,
        reason=_reason(session, power, power_now(session.pk)),
        eta_at=_eta(session),
        next_booking=_next_booking(session),
        steps=tuple(sorted(_steps(session), key=lambda step: step.at)),
        wanted_wh=_wanted_wh(session),
        stop=session.commands.filter(kind="stop_session").order_by("-pk").first(),
    )


def power_curve(session: ChargingSession) -> list[tuple[datetime, int]]:
    """Power at each reading, thinned out to a drawable number."""
    if session.started_at is None:
        return []
    rows = MeterReading.objects.filter(
        session=session, taken_at__gte=session.started_at, power_w__isnull=False
    ).order_by("taken_at")
    points = [(at, power_w) for at, power_w in rows.values_list("taken_at", "power_w") if power_w is not None]
    every = max(1, len(points) // MAX_POINTS)
    return points[::every] if points[-1:] == points[::every][-1:] else [*points[::every], points[-1]]


def _reason(session: ChargingSession, power: Sequence[tuple[datetime, int]], share: PowerNow | None) -> str:
    """Why the power is what it is, in one sentence."""
    if session.phase == "suspended_by_vehicle":
        return _("Your car has paused the charge. It is full, or waits for its own timer.")
    if session.phase == "suspended_by_station":
        return share.sentence if share and share.sentence else _("The charger has paused the charge.")
    if share and share.sentence and (session.power_w or 0) >= share.limit_w * 0.85:
        return share.sentence
    highest = max((power_w for _at, power_w in power), default=0)
    if session.power_w and session.power_w < highest * 0.93 and (session.soc_percent or 0) > 40:
        return _("Your car is asking for less as it fills. The charger is not limiting you.")
    if session.power_w:
        return _("Your car gets all the power it asks for.")
    return ""


def _eta(session: ChargingSession) -> datetime | None:
    """When the target level is reached at the present power; None without level, car or power."""
    car: Vehicle | None = session.driver.vehicles.filter(is_default=True).first() if session.driver else None
    if not (session.soc_percent and session.power_w and car and car.battery_wh):
        return None
    missing_wh = car.battery_wh * (TARGET_PERCENT - session.soc_percent) / 100
    return clock.now() + timedelta(hours=missing_wh / session.power_w) if missing_wh > 0 else None


def _wanted_wh(session: ChargingSession) -> int | None:
    """The energy that was asked for with the booking."""
    booked = booking_of_session(session.pk)
    return booked.energy_wh if booked else None


def _next_booking(session: ChargingSession) -> Reservation | None:
    """The next booking of this stall, when it is somebody else's and near."""
    if session.evse_id is None or not session.is_open:
        return None
    now = clock.now()
    coming = Reservation.objects.filter(
        evse=session.evse_id,
        status__in=OPEN_RESERVATION,
        during__startswith__gt=now,
        during__startswith__lte=now + WARN_BEFORE,
    )
    return coming.exclude(driver=session.driver_id).order_by("during").first()


# --- what happened ------------------------------------------------------------------------------


def _steps(session: ChargingSession) -> Iterator[Step]:
    if session.requested_at:
        yield Step(text=_("Start asked for"), at=session.requested_at)
    for payment in payments_of(session):
        yield from _money_steps(payment)
    if session.started_at:
        yield Step(text=_("Charging started"), at=session.started_at)
        yield from _booking_steps(session)
    highest = max(power_curve(session), key=lambda point: point[1], default=None)
    if highest and session.status == ChargingSession.Status.COMPLETED:
        yield Step(text=_("Highest power: %(power)s") % {"power": kw_text(highest[1])}, at=highest[0])
    if session.ended_at:
        yield Step(text=_("Charging ended"), at=session.ended_at)


def _booking_steps(session: ChargingSession) -> Iterator[Step]:
    """Which booking the charge uses: it may have been made for later, or for another stall."""
    booked = booking_of_session(session.pk)
    if booked is None or booked.closed_at is None:
        return
    zone = ZoneInfo(session.station.location.time_zone)
    until = f"{booked.during.upper.astimezone(zone):%H:%M}"
    yield Step(text=_("Counts as your booking, until %(time)s") % {"time": until}, at=booked.closed_at)


def _money_steps(payment: Payment) -> Iterator[Step]:
    card = f"{payment.method.brand.title()} {payment.method.last4}" if payment.method else _("your card")
    if payment.authorized_at:
        held = money_text(Money.of_minor(payment.authorized_minor, payment.currency))
        text = _("%(amount)s held on %(card)s") % {"amount": held, "card": card}
        yield Step(text=text, at=payment.authorized_at, icon="lock")
    if payment.captured_at:
        paid = money_text(Money.of_minor(payment.captured_minor, payment.currency))
        text = _("%(amount)s paid with %(card)s") % {"amount": paid, "card": card}
        yield Step(text=text, at=payment.captured_at, icon="credit-card")
