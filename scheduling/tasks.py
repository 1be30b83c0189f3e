from __future__ import annotations

from celery import shared_task

from scheduling.services import arrivals, reminding, reservations, smart_charging, warning


@shared_task(ignore_result=True)
def expire_holds() -> None:
    reservations.expire_holds()


@shared_task(ignore_result=True)
def announce_reservations() -> None:
    arrivals.announce_due()


@shared_task(ignore_result=True)
def miss_reservations() -> None:
    arrivals.miss_due()


@shared_task(ignore_result=True)
def remind_drivers() -> None:
    reminding.remind_drivers()


@shared_task(ignore_result=True)
def watch_booked_stalls() -> None:
    warning.warn_drivers()
    warning.withdraw_warnings()


@shared_task(ignore_result=True)
def share_power() -> None:
    smart_charging.replan_all()


@shared_task(ignore_result=True)
def forget_old_plans() -> None:
    smart_charging.forget_old_plans()
