"""`manage.py seed_demo`: the town's rows once, and its history up to now at each start."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import clock
from core.partitions import ensure_days
from demo import cards, town
from demo.history import History, left_at
from demo.progress import Progress
from demo.sweeps import SWEEPS
from demo.welcome import write_welcome
from simulator.stations.town import load_town

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
        drivers = (*plan.drivers, town.VISITOR) if made.is_new else (town.VISITOR,)
        progress = Progress(self.stdout.write)
        for done in cards.ensure_cards([town.driver_of(driver) for driver in drivers]):
            progress.tell("saving the drivers' cards", done, len(drivers))
        self.stdout.write(f"playing the town from {begin:%H:%M} to {now:%H:%M} UTC")
        history = History(plan, begin=begin, end=now, seed=options["seed"], state=state, sweeps=SWEEPS)
        progress = Progress(self.stdout.write)
        history.play(
            tell=lambda at: progress.tell(f"played up to {at:%a %H:%M} UTC", at - begin, now - begin)
        )
        write_welcome(state_directory())


def state_directory() -> Path:
    """Where the demo keeps its files between starts."""
    return Path(os.environ.get("FORECOURT_STATE_DIRECTORY", settings.BASE_DIR / "var" / "demo"))
