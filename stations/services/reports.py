"""Reports that come in parts (2.0.1 B07, N02, K09, N09, O03): which parts came, and is it all?"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from core import clock
from core.live import nudge
from stations.command_kinds import ReadReport
from stations.models import ChargingStation, StationCommand, StationReport
from stations.services.device import forget_unmentioned

GIVEN_UP_AFTER: Final = timedelta(minutes=10)
"""A report that has been silent for so long is over; its number may be used again."""
FULL: Final = "full"
KEEP_FOR: Final = timedelta(days=30)


@transaction.atomic
def note_part(
    *, station_id: int, kind: str, request_number: int, seq_no: int | None, is_last: bool, text: str = ""
) -> StationReport:
    """One part of a report came; `seq_no` None where parts carry no number. Repeats change nothing."""
    report = _open(station_id, kind, request_number, seq_no)
    report.heard_at = clock.now()
    if seq_no is None or seq_no not in report.seq_nos:
        report.parts += 1
        report.text += text
    if seq_no is not None:
        report.seq_nos = sorted({*report.seq_nos, seq_no})
    if is_last:
        report.last_seq_no = seq_no
    if _is_whole(report, is_last):
        _complete(report)
    report.save()
    nudge(f"station.{station_id}")
    return report


def forget_old() -> int:
    """Sweep: what was asked long ago is known from its rows; customers' data must not stay. How many."""
    return StationReport.objects.filter(heard_at__lt=clock.now() - KEEP_FOR).delete()[0]


def _open(station_id: int, kind: str, request_number: int, seq_no: int | None) -> StationReport:
    """The report that this part belongs to: the known one, or the same number used anew."""
    station = ChargingStation.objects.get(pk=station_id)
    report, is_new = StationReport.objects.select_for_update().get_or_create(
        station=station,
        kind=kind,
        request_number=request_number,
        defaults={"organization_id": station.organization_id, "began_at": clock.now()},
    )
    if not is_new and _is_over(report, seq_no):
        report.parts, report.seq_nos, report.last_seq_no = 0, [], None
        report.text, report.began_at, report.completed_at = "", clock.now(), None
    return report


def _is_over(report: StationReport, seq_no: int | None) -> bool:
    if report.completed_at is None:
        return report.heard_at < clock.now() - GIVEN_UP_AFTER
    return seq_no is None or seq_no not in report.seq_nos[1:]


def _is_whole(report: StationReport, is_last: bool) -> bool:
    if not report.seq_nos:
        return is_last
    return report.last_seq_no is not None and not report.missing


def _complete(report: StationReport) -> None:
    """All of it is here. A full inventory also tells what is no more."""
    report.completed_at = clock.now()
    if report.kind == StationReport.Kind.VARIABLES and _was_full(report):
        forget_unmentioned(station_id=report.station_id, since=report.began_at)


def _was_full(report: StationReport) -> bool:
    return StationCommand.objects.filter(
        pk=report.request_number,
        station_id=report.station_id,
        kind=ReadReport.name,
        params__base=FULL,
    ).exists()
