"""`manage.py seed_demo`: the town's rows once, and its history up to now at each start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import clock
from core.partitions import ensure_days
from demo import cards, office, town
from demo.cast import choose_cast
from demo.customers import ensure_customers
from demo.history import History, left_at
from demo.progress import Progress
from demo.sweeps import SWEEPS
from demo.welcome import write_welcome
from simulator.stations.town import Driver, load_town

DAY: Final = timedelta(hours=24)
PARTITIONED: Final = ("stations_meterreading", "ocpp_bridge_frame")


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
        made = town.provision(plan, since=begin - timedelta(days=1))
        history = History(plan, begin=begin, end=now, seed=options["seed"], state=state, sweeps=SWEEPS)
        self._live(made, history)
        write_welcome(state_directory())

    def _live(self, made: town.Provisioned, history: History) -> None:
        """The day, between what was agreed before it and what is to be done after it."""
        whose: Any = {"organization": made.organization, "actor": town.operator_of_town()}
        people = choose_cast(history.arrivals, town=history.town, begin=history.begin, end=history.end)
        ensure_customers(**whose, cast=people, since=history.begin)
        doubter = office.arm_bank(organization=made.organization, driver=people.doubter)
        everybody = (*history.town.drivers, town.VISITOR)
        self._save_cards(everybody if made.is_new else (town.VISITOR,))
        self._play(history)
        office.close_day(**whose, doubter=doubter)

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
