"""Sweeps of stations. Each is idempotent, so that a missed tick costs only time."""

from __future__ import annotations

from celery import shared_task

from core import clock
from core.partitions import ensure_days
from stations.services import (
    attempts,
    bulk_giving,
    certificates,
    commands,
    commissioning_steps,
    connectivity,
    files,
    imports,
    local_lists,
    measuring,
    monitoring,
    notices,
    pending,
    reports,
    retention,
    sessions,
)


@shared_task(ignore_result=True)
def sweep_commands() -> None:
    commands.expire_due()
    commands.time_out_unanswered()


@shared_task(ignore_result=True)
def give_out_bulk_commands() -> None:
    bulk_giving.give_out_due()


@shared_task(ignore_result=True)
def run_imports() -> None:
    imports.run_open()


@shared_task(ignore_result=True)
def sweep_sessions() -> None:
    pending.abandon_stale()
    sessions.interrupt_lost()
    attempts.settle_open()
    commissioning_steps.stop_spent()


@shared_task(ignore_result=True)
def sweep_stations() -> None:
    connectivity.mark_silent()
    measuring.measure_late()


@shared_task(ignore_result=True)
def make_reading_partitions() -> None:
    ensure_days("stations_meterreading", clock.now().date())


@shared_task(ignore_result=True)
def drop_old_readings() -> None:
    retention.drop_old_readings()


@shared_task(ignore_result=True)
def sweep_local_lists() -> None:
    local_lists.look_at_due()


@shared_task(ignore_result=True)
def forget_old_files() -> None:
    files.forget_old()
    notices.forget_old_notices()
    imports.forget_old()


@shared_task(ignore_result=True)
def forget_old_reports() -> None:
    reports.forget_old()
    monitoring.forget_old_events()


@shared_task(ignore_result=True)
def renew_certificates() -> None:
    certificates.ask_to_renew()
