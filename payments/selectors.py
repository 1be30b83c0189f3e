"""Reads of payments: facts to rate, payments and records to show, revenue of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Sum

from accounts.models import Organization, User
from core import clock
from core.models import DomainEvent
from core.money import Money
from payments.models import BillingAccount, ChargeDetailRecord, Payment, PaymentMethod, PostingLine, Tariff
from payments.rating.facts import SessionFacts
from payments.rating.periods import Limit, Phase, Register, build
from stations.events import SessionPhaseChanged
from stations.models import ChargingSession, MeterReading, StationCommand

DEBT_SETTLES_IN = timedelta(minutes=15)


# --- the facts of a session ------------------------------------------------------------------


def session_facts(session: ChargingSession, *, until: datetime) -> SessionFacts:
    """What happened in the session, up to its end or `until`, as rating wants it."""
    zone = session.station.location.time_zone
    if session.started_at is None:
        return SessionFacts(time_zone=zone, periods=())
    end = max(session.started_at, session.ended_at or until)
    periods = build(
        start_at=session.started_at,
        end_at=end,
        total_wh=max(0, session.energy_wh),
        registers=_registers(session, end),
        phases=_phases(session),
        limits=_limits(session),
    )
    return SessionFacts(time_zone=zone, periods=periods)


def _registers(session: ChargingSession, end: datetime) -> list[Register]:
    """Energy since the start at each reading (the range lets the day partitions be skipped)."""
    rows = MeterReading.objects.filter(
        session=session,
        taken_at__gte=session.started_at,
        taken_at__lte=end,
        energy_wh__isnull=False,
    ).order_by("taken_at")
    readings = list(rows.values_list("taken_at", "energy_wh"))
    if not readings:
        return []
    base_wh = session.meter_start_wh if session.meter_start_wh is not None else readings[0][1]
    return [Register(at, (energy_wh or 0) - (base_wh or 0)) for at, energy_wh in readings]


def _phases(session: ChargingSession) -> list[Phase]:
    """The story of the charging phase, from the news that was told about it."""
    told = DomainEvent.objects.filter(
        type=SessionPhaseChanged.name,
        subject=f"session.{session.pk}",
        occurred_at__gte=session.created_at - timedelta(days=1),
    ).order_by("pk")
    events = [SessionPhaseChanged.from_payload(one.payload) for one in told]
    return list(_story(session, events))


def _story(session: ChargingSession, events: list[SessionPhaseChanged]) -> Iterator[Phase]:
    if session.started_at is None:
        return
    if events and events[0].was:
        yield Phase(session.started_at, events[0].was)
    yield from (Phase(event.at, event.phase) for event in events)
    if not events and session.phase:
        yield Phase(session.started_at, session.phase)


def _limits(session: ChargingSession) -> list[Limit]:
    """When our own plan gave the session nothing."""
    commands = StationCommand.objects.filter(
        session=session, kind="set_power_limit", status=StationCommand.Status.ACCEPTED
    ).order_by("answered_at")
    return [
        Limit(command.answered_at, 0 in (command.params.get("limit_a"), command.params.get("limit_w")))
        for command in commands
        if command.answered_at is not None
    ]


# --- tariffs, payments, records --------------------------------------------------------------


def current_tariffs(organization: Organization) -> QuerySet[Tariff]:
    """Every tariff's newest version."""
    newest = (
        Tariff.objects.filter(organization=organization)
        .order_by("public_id", "-version")
        .distinct("public_id")
        .values("pk")
    )
    return Tariff.objects.filter(pk__in=newest).prefetch_related("assignments").order_by("name")


def payments_of(session: ChargingSession) -> QuerySet[Payment]:
    return Payment.objects.filter(session=session).select_related("method").order_by("created_at")


def open_payment_of(session: ChargingSession) -> Payment | None:
    """The hold that a session runs on."""
    return Payment.objects.filter(
        session=session, status__in=("created", "requires_action", "authorized")
    ).first()


def record_of(session: ChargingSession) -> ChargeDetailRecord | None:
    """The session's record, the reissued one if it was credited."""
    return ChargeDetailRecord.objects.filter(session=session, credit_of=None).order_by("-pk").first()


def default_method(account: BillingAccount) -> PaymentMethod | None:
    return account.methods.filter(is_default=True, is_usable=True).first()


def cards_of(user: User) -> QuerySet[PaymentMethod]:
    return PaymentMethod.objects.filter(account__user=user, is_usable=True).order_by("-is_default", "pk")


def users_with_card(user_ids: set[int]) -> set[int]:
    """Who of these people has a usable default card. One query."""
    found = PaymentMethod.objects.filter(account__user__in=user_ids, is_default=True, is_usable=True)
    return set(found.values_list("account__user_id", flat=True))


def holds_waiting(user_ids: set[int]) -> set[tuple[int | None, int | None]]:
    """Who has a hold for which EVSE that no session uses yet: (user, EVSE). One query."""
    found = Payment.objects.filter(account__user__in=user_ids, status=Payment.Status.AUTHORIZED, session=None)
    return set(found.values_list("account__user_id", "evse_id"))


def receivable_account(user_id: int | None) -> str:
    """The ledger account of what a driver owes; guests share one."""
    return f"receivable:user.{user_id}" if user_id else "receivable:guests"


def debts(user_ids: set[int]) -> set[int]:
    """Who owes something that should have been collected by now. One query."""
    accounts = {receivable_account(user_id): user_id for user_id in user_ids}
    owing = (
        PostingLine.objects.filter(account__in=accounts, posting__at__lt=clock.now() - DEBT_SETTLES_IN)
        .values("account")
        .annotate(owed=Sum("amount_minor"))
        .filter(owed__gt=0)
    )
    return {accounts[row["account"]] for row in owing}


def owed_minor(account: str, currency: str) -> int:
    """What stands in a ledger account (debit positive)."""
    lines = PostingLine.objects.filter(account=account, currency=currency)
    return lines.aggregate(total=Sum("amount_minor"))["total"] or 0


# --- money of a day --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """What an organization's sessions of a day came to, tax included."""

    gross: Money
    net: Money
    records: int
    energy_wh: int

    @property
    def per_kwh(self) -> Decimal | None:
        return self.gross.amount * 1000 / self.energy_wh if self.energy_wh else None


def revenue_today(organization: Organization) -> Revenue:
    """The records issued since local midnight of the organization."""
    midnight = (
        clock.now()
        .astimezone(ZoneInfo(organization.time_zone))
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return revenue_between(organization, midnight, clock.now())


def revenue_between(organization: Organization, start: datetime, end: datetime) -> Revenue:
    records = ChargeDetailRecord.objects.filter(
        organization=organization, currency=organization.currency, issued_at__gte=start, issued_at__lte=end
    )
    sums = records.aggregate(
        gross=Sum("total_gross"), net=Sum("total_net"), energy_wh=Sum("energy_wh"), records=Count("pk")
    )
    return Revenue(
        gross=Money(sums["gross"] or Decimal(0), organization.currency).rounded(),
        net=Money(sums["net"] or Decimal(0), organization.currency).rounded(),
        records=sums["records"],
        energy_wh=sums["energy_wh"] or 0,
    )
