"""The programs of a running system, each as production starts it: its arguments, and when it is ready."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.places import ROOT
from embedded.postgres import STOP_SIGNAL, Postgres
from embedded.supervisor import Program
from embedded.valkey import Valkey

PYTHON = sys.executable


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where the system listens."""

    host: str
    web: int
    bridge: int
    stripe: int


def postgres(server: Postgres) -> Program:
    """The embedded database server."""
    return Program(
        name="postgres",
        argv=server.argv(),
        environment={"HOME": str(server.home), "LC_ALL": server.environment()["LC_ALL"]},
        prepare=server.prepare,
        ready=server.ready,
        account=server.account,
        stop_signal=STOP_SIGNAL,
        grace_s=30,
        shown=False,
    )


def valkey(server: Valkey) -> Program:
    """The embedded server for hints and queues."""
    return Program(name="valkey", argv=server.argv(), prepare=server.prepare, ready=server.ready, shown=False)


def web(ports: Ports, environment: Mapping[str, str]) -> Program:
    """Pages, API, webhooks."""
    options = ["--lifespan", "off", "--timeout-graceful-shutdown", "5"]
    return Program(
        name="web",
        argv=[*_uvicorn("config.asgi:web", ports.host, ports.web), *options],
        environment=environment,
        ready=healthy(ports.web),
    )


def bridge(ports: Ports, environment: Mapping[str, str]) -> Program:
    """The sockets of the charging stations; a deep backlog, because they all come back at once."""
    options = ["--lifespan", "on", "--loop", "uvloop", "--backlog", "4096"]
    options += ["--ws", "ocpp_bridge.protocol:StationProtocol"]
    return Program(
        name="bridge",
        argv=[*_uvicorn("config.asgi:bridge", ports.host, ports.bridge), *options],
        environment=environment,
        ready=healthy(ports.bridge),
    )


def worker(environment: Mapping[str, str]) -> Program:
    """Runs the outbox and the sweeps."""
    options = [
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "4",
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    return Program(
        name="worker",
        argv=[PYTHON, "-m", "celery", "-A", "config", *options],
        environment=environment,
        ready_words=" ready.",
        shown=False,
    )


def beat(environment: Mapping[str, str], state: Path) -> Program:
    """Says when a sweep is due; there must be exactly one."""
    options = ["beat", "--loglevel", "INFO", "--schedule", str(state / "beat-schedule"), "--pidfile="]
    return Program(
        name="beat",
        argv=[PYTHON, "-m", "celery", "-A", "config", *options],
        environment=environment,
        ready_words="beat: Starting",
        shown=False,
    )


def stand_in(ports: Ports, environment: Mapping[str, str], state: Path) -> Program:
    """The payment provider's stand-in, with its hosted checkout page."""
    options = ["--port", str(ports.stripe), "--state", str(state / "payments.sqlite3")]
    options += ["--webhook-url", f"http://127.0.0.1:{ports.web}/webhooks/stripe/"]
    options += ["--webhook-secret", environment["STRIPE_WEBHOOK_SECRET"]]
    return Program(
        name="payments",
        argv=[PYTHON, "-m", "simulator.stripe", *options],
        ready=listening(ports.stripe),
    )


def stations(environment: Mapping[str, str], state: Path) -> Program:
    """The town's simulated stations; they go on from the state in which its history left them."""
    options = ["--url", environment["OCPP_URL"], "--state", str(state / "stations.json")]
    return Program(
        name="stations",
        argv=[PYTHON, "-m", "simulator", "stations", *options],
        environment=environment,
    )


def management(environment: Mapping[str, str], *arguments: str) -> Program:
    """One of Django's commands, run to its end."""
    return Program(
        name=arguments[0].replace("_demo", ""),
        argv=[PYTHON, str(ROOT / "manage.py"), *arguments],
        environment=environment,
    )


def healthy(port: int) -> Callable[[], bool]:
    """Does `/healthz` on this port answer 200?"""
    return lambda: _status(port, "/healthz") == 200


def listening(port: int) -> Callable[[], bool]:
    """Does anything on this port speak HTTP?"""
    return lambda: _status(port, "/") is not None


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}", "Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _uvicorn(application: str, host: str, port: int) -> list[str]:
    quietly = ["--no-access-log", "--log-level", "warning"]
    return [PYTHON, "-m", "uvicorn", application, "--host", host, "--port", str(port), *quietly]
