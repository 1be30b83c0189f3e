"""The Celery app and the beat schedule, nothing else. Every periodic job is an idempotent sweep."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("forecourt")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 600},
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
)
SWEEPS: dict[str, float] = {
    "core.tasks.deliver_outbox": 5,
    "core.tasks.note_beat": 5,
    "scheduling.tasks.announce_reservations": 15,
    "scheduling.tasks.expire_holds": 15,
    "scheduling.tasks.forget_old_plans": 86400,
    "scheduling.tasks.miss_reservations": 30,
    "scheduling.tasks.remind_drivers": 60,
    "scheduling.tasks.share_power": 60,
    "scheduling.tasks.watch_booked_stalls": 60,
    "payments.tasks.notice_debts": 600,
    "payments.tasks.ask_due_reconciliations": 1800,
    "payments.tasks.issue_company_invoices": 900,
    "payments.tasks.place_due_holds": 20,
    "payments.tasks.settle_payments": 60,
    "payments.tasks.show_running_costs": 60,
    "payments.tasks.state_hosts": 6 * 3600,
    "payments.tasks.watch_ending_cards": 86400,
    "payments.tasks.watch_holds": 20,
    "stations.tasks.give_out_bulk_commands": 2,
    "stations.tasks.run_imports": 2,
    "stations.tasks.sweep_commands": 5,
    "stations.tasks.sweep_sessions": 15,
    "stations.tasks.sweep_stations": 60,
    "stations.tasks.renew_certificates": 86400,
    "stations.tasks.sweep_local_lists": 20,
    "stations.tasks.forget_old_files": 6 * 3600,
    "stations.tasks.forget_old_reports": 86400,
    "stations.tasks.make_reading_partitions": 3600,
    "stations.tasks.drop_old_readings": 6 * 3600,
    "core.tasks.forget_old_events": 6 * 3600,
    "ocpp_bridge.tasks.make_journal_partitions": 3600,
    "ocpp_bridge.tasks.drop_old_journal": 6 * 3600,
}
app.conf.beat_schedule = {task: {"task": task, "schedule": seconds} for task, seconds in SWEEPS.items()}
