"""The ground and the run: real servers, the stand-in as its own process, faults on, faults off, one sweep."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.money import reading, verdict
from bench.money.report import Outcome
from bench.money.verdict import Books, Injected
from bench.ocpp.servers import CannotRun, Ground, Server, must
from embedded import programs
from embedded.places import ROOT
from embedded.ports import free_ports
from embedded.spawn import spawn
from embedded.supervisor import Program

FAULTS: Final = {"drop_before": 0.07, "error_before": 0.06, "error_after": 0.06, "drop_after": 0.06}
WEBHOOKS: Final = {"webhook_drop": 0.2, "webhook_duplicate": 0.3, "webhook_shuffle": 0.2}
CRASHES: Final = 0.06
KILL_EVERY_S: Final = 2.0
HEARD_WITHIN_S: Final = 300
_LEASES_END: Final = "update core_delivery set next_attempt_at = now() where state = 'pending'"


@dataclass(frozen=True)
class Plan:
    """How much is to happen."""

    sessions: int
    workers: int
    seed: int
    patience_s: int


class Stage:
    """Everything that runs: PostgreSQL, Valkey, the stand-in, and a web process for its webhooks."""

    def __init__(self, plan: Plan, running: ExitStack) -> None:
        self.plan = plan
        directory = running.enter_context(tempfile.TemporaryDirectory())
        self.ground = Ground()
        running.callback(self.ground.close)
        web, stripe = free_ports(2)
        self.ports = programs.Ports(host="127.0.0.1", web=web, bridge=0, stripe=stripe)
        self.provider = f"http://127.0.0.1:{stripe}"
        self.state = Path(directory) / "payments.sqlite3"
        self.environment = self.ground.environment | {
            "DJANGO_SETTINGS_MODULE": "bench.money.settings",
            "LOG_LEVEL": "CRITICAL",
            "STRIPE_API_BASE": self.provider,
            "STRIPE_SECRET_KEY": "sk_test_of_the_bench",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_the_bench",
        }
        must(["-m", "django", "migrate", "-v", "0"], self.environment)
        for name, program, port in self._servers(Path(directory)):
            server = Server(name, list(program.argv[1:]), self.environment, port)
            running.callback(server.kill)
        must(["-m", "bench.money.seeding", str(plan.sessions), str(plan.workers)], self.environment)

    def _servers(self, directory: Path) -> Iterator[tuple[str, Program, int]]:
        yield "web", programs.web(self.ports, self.environment), self.ports.web
        yield "stand-in", programs.stand_in(self.ports, self.environment, directory), self.ports.stripe

    def faults(self, **settings: object) -> None:
        """From now on the provider misbehaves like this."""
        self._lever(json.dumps(settings).encode())

    def fault_counts(self) -> dict[str, int]:
        counts: dict[str, int] = self._lever(None)["counts"]
        return counts

    def _lever(self, body: bytes | None) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.provider}/_faults", body, timeout=10) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
            return told

    def crew(self) -> dict[str, Any]:
        """All charges, by workers who die; returns what their crew tells. Raises CannotRun."""
        options: dict[str, float] = {
            "sessions": self.plan.sessions,
            "workers": self.plan.workers,
            "seed": self.plan.seed,
        }
        options |= {"patience": self.plan.patience_s, "crashes": CRASHES, "kill-every": KILL_EVERY_S}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        process = spawn(
            [sys.executable, "-m", "bench.money.crew", *arguments],
            environment=self.environment,
            directory=ROOT,
            output=subprocess.PIPE,
            death_signal=signal.SIGKILL,
        )
        said = process.communicate()[0].decode().splitlines()
        if process.returncode != 0:
            raise CannotRun(f"the crew fell: {said[-1] if said else 'it said nothing'}")
        told: dict[str, Any] = json.loads(said[-1])
        return told

    def sweep(self) -> None:
        """One, by the command that operators have."""
        must(["manage.py", "settle_payments", "--in-flight", "0"], self.environment)

    def hear_the_rest(self) -> None:
        """What the provider still has to tell arrives. Raises CannotRun when that never ends."""
        end = time.monotonic() + HEARD_WITHIN_S
        while reading.undelivered(self.state):
            if time.monotonic() > end:
                raise CannotRun("the provider's webhooks did not all arrive")
            time.sleep(0.2)

    def deliver_the_rest(self) -> None:
        """The leases of the dead run out, and the outbox delivers all that it has."""
        self.ground.postgres.ask(_LEASES_END, database="forecourt")
        must(["manage.py", "shell", "-c", "from core.outbox import *; deliver_pending()"], self.environment)

    def books(self) -> Books:
        return reading.books(self.ground.postgres.url(), self.state)


@contextmanager
def stage(plan: Plan) -> Iterator[Stage]:
    """Everything started and seeded, and taken away at the end."""
    with ExitStack() as running:
        yield Stage(plan, running)


def play(plan: Plan) -> Outcome:
    """The whole run. Raises CannotRun."""
    with stage(plan) as on:
        return perform(on)


def perform(on: Stage) -> Outcome:
    plan = on.plan
    on.faults(seed=plan.seed, only="POST /v1/*", **FAULTS, **WEBHOOKS)
    before = reading.writes(on.state)
    told = on.crew()
    injected = _injected(on, told, before)
    on.faults()
    begun_at = time.monotonic()
    on.sweep()
    sweep_s = time.monotonic() - begun_at
    swept = on.books()
    on.hear_the_rest()
    on.deliver_the_rest()
    bars = [*verdict.judge(swept, plan.sessions), *verdict.later(swept, on.books())]
    bars += verdict.hardship(injected, plan.sessions)
    return Outcome(plan.sessions, told["seconds"], sweep_s, injected, bars)


def _injected(on: Stage, told: dict[str, Any], writes_before: int) -> Injected:
    counts = on.fault_counts()
    faults = {name: counts.get(name, 0) for name in FAULTS}
    return Injected(
        writes=reading.writes(on.state) - writes_before + faults["drop_before"],
        faults=faults,
        died=told["died"],
        killed_from_outside=told["killed_from_outside"],
        webhooks={name: counts.get(name, 0) for name in WEBHOOKS},
    )
