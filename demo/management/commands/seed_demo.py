"""`manage.py seed_demo`: the town's rows once, and its history up to now at each start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Organization, User
from core import clock
from core.partitions import ensure_days
from demo import cards, office, town
from demo.absent import book_in_vain
from demo.cast import Cast, choose_cast
from demo.customers import ensure_balances, ensure_customers
from demo.history import PARTITIONED, History, left_at
from demo.last_month import Month, live_last_month, month_before
from demo.progress import Progress
from demo.regulars import book_for_the_visitor
from demo.sweeps import SWEEPS
from demo.welcome import write_welcome
from simulator.stations.town import Driver, load_town

DAY: Final = timedelta(hours=24)


class Command(BaseCommand):
    help = "Make the demo's town, and play its history up to now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, default=24, help="how much history at the first start")
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now().replace(microsecond=0)
        state = state_directory() / "stations.json"
        begin = max(now - timedelta(hours=options["hours"]), left_at(state) or now - DAY * 365)
        for table in PARTITIONED:
            ensure_days(table, (now - DAY).date(), days=9)
        cards.write_lazily()
        settings.OUTBOX_WAKES = False  # here the history delivers, in its own time
        plan = load_town()
        month = month_before(begin, plan.zone)
        made = town.provision(plan, since=month.starts_at)
        history = History(plan, begin=begin, end=now, seed=options["seed"], state=state, sweeps=SWEEPS)
        self._live(made, history, month)
        write_welcome(state_directory())

    def _live(self, made: town.Provisioned, history: History, month: Month) -> None:
        """The day, between what was agreed before it and what is to be done after it."""
        whose: Any = {"organization": made.organization, "actor": town.operator_of_town()}
        people = choose_cast(history.arrivals, town=history.town, begin=history.begin, end=history.end)
        ensure_customers(**whose, cast=people, since=month.starts_at)
        everybody = (*history.town.drivers, town.VISITOR)
        self._save_cards(everybody if made.is_new else (town.VISITOR,))
        if made.is_new:
            self._tell_before(month, history, people, **whose)
        ensure_balances(organization=made.organization, savers=people.savers, since=history.begin)
        doubter = office.arm_bank(organization=made.organization, driver=people.doubter)
        self._play(history)
        with clock.at(history.end):
            book_for_the_visitor(town.driver_of(town.VISITOR), history.evses, now=history.end)
        office.close_day(**whose, doubter=doubter)

    def _tell_before(
        self, month: Month, history: History, people: Cast, *, organization: Organization, actor: User
    ) -> None:
        """A month that is closed, and bookings of the day that nobody will use."""
        state = history.state.with_name("last-month.json")
        live_last_month(
            month, town=history.town, staff=people.staff, whose=organization, actor=actor, state=state
        )
        book_in_vain(people.absent, history.arrivals, history.evses, at=history.begin)

    def _save_cards(self, drivers: Sequence[Driver]) -> None:
        progress = Progress(self.stdout.write)
        for done in cards.ensure_cards([town.driver_of(driver) for driver in drivers]):
            progress.tell("saving the drivers' cards", done, len(drivers))

    def _play(self, history: History) -> None:
        begin, end = history.begin, history.end
        self.stdout.write(f"playing the town from {begin:%H:%M} to {end:%H:%M} UTC")
        progress = Progress(self.stdout.write)
        history.play(
            tell=lambda at: progress.tell(f"played up to {at:%a %H:%M} UTC", at - begin, end - begin)
        )


def state_directory() -> Path:
    """Where the demo keeps its files between starts."""
    return Path(os.environ.get("FORECOURT_STATE_DIRECTORY", settings.BASE_DIR / "var" / "demo"))
