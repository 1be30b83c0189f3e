"""`./forecourt demo` and `./forecourt up`: the whole system on this machine, each role its own process."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from embedded import ports as port_tools
from embedded import programs
from embedded.authority import Authority
from embedded.console import Console
from embedded.places import ROOT, Unavailable, state_directory, throwaway_directory
from embedded.postgres import Postgres
from embedded.programs import Ports
from embedded.state import State
from embedded.supervisor import Stopped, Supervisor
from embedded.valkey import Valkey

# Static files come from the apps here, so the folder of the collected ones is missing; and whoever runs
# this as root knows it.
EXPECTED = "ignore:No directory at,ignore:You're running the worker"


class System:
    """One system: its state directory, ports and environment, and the order in which it starts."""

    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self.options = options
        self.demo = options.system == "demo"
        self.state = State(directory)
        self.authority = Authority(self.state.directory)
        self.state.hold(options.system)
        self.postgres = (
            None if "DATABASE_URL" in os.environ else Postgres(directory, durable=not options.check)
        )
        self.valkey = None if "REDIS_URL" in os.environ else Valkey(directory)
        self.stands_in = "STRIPE_SECRET_KEY" not in os.environ
        self.ports = _choose_ports(options, stands_in=self.stands_in)
        self.environment = self._environment()
        self.console = Console(directory / "log", quiet=options.quiet)
        self.supervisor = Supervisor(self.console)

    def _environment(self) -> dict[str, str]:
        environment = {
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.dev"),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{self.ports.web}"),
            "OCPP_URL": os.environ.get("OCPP_URL", f"ws://127.0.0.1:{self.ports.bridge}/ocpp"),
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", EXPECTED),
            "FORECOURT_STATE_DIRECTORY": str(self.state.directory),
            "FORECOURT_STATIONS": str(self.state.directory / "stations.json"),
            **self.state.secrets(),
        }
        if self.demo:  # its stations live here, wherever people see the pages
            here = f"http://127.0.0.1:{self.ports.web}"
            environment["FILES_URL"] = os.environ.get("FILES_URL", here)
            environment |= self.authority.environment()
        if self.postgres:
            environment["DATABASE_URL"] = self.postgres.url()
        if self.valkey:
            environment["REDIS_URL"] = self.valkey.url()
        if self.stands_in:
            address = f"http://127.0.0.1:{self.ports.stripe}"
            environment |= {"STRIPE_API_BASE": address, "CHECKOUT_ORIGIN": address}
        self.state.remember_environment(environment)
        return environment

    async def run(self) -> int:
        """Start everything, keep it until a signal or a failure (or until the check is done), stop it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._told_to_stop, number)
        try:
            await self._start()
            return await (self._check() if self.options.check else self._keep())
        except Stopped:
            return 1 if self.options.check else 0
        except Unavailable as problem:
            self.supervisor.failed = str(problem)
            return 1
        finally:
            await self._stop()

    def _told_to_stop(self, number: signal.Signals) -> None:
        self.console.tell(f"{number.name} received")
        self.supervisor.stopping.set()

    async def _start(self) -> None:
        await self._start_servers()
        await self._manage("migrate", "--no-input", "--verbosity", "0")
        if self.stands_in:
            await self.supervisor.start(programs.stand_in(self.ports, self.environment, self.state.directory))
        if self.demo:
            if making := self.authority.making():
                await self._manage(*making)
            self.console.tell("playing the town's history (a minute or two the first time)")
            await self._manage("seed_demo", *(["--hours", "3"] if self.options.check else []))
        else:
            _first_operator(self.environment)
        await self.supervisor.start(
            programs.web(self.ports, self.environment),
            programs.bridge(self.ports, self.environment),
            programs.worker(self.environment),
            programs.beat(self.environment, self.state.directory),
        )
        if self.demo:
            await self.supervisor.start(programs.stations(self.environment, self.state.directory))

    async def _start_servers(self) -> None:
        servers = [programs.valkey(self.valkey)] if self.valkey else []
        if self.postgres:
            self.postgres.prepare()
            servers.append(programs.postgres(self.postgres))
        await self.supervisor.start(*servers)
        if self.postgres:
            await asyncio.to_thread(self.postgres.ensure_database)

    async def _manage(self, *arguments: str) -> None:
        await self.supervisor.once(programs.management(self.environment, *arguments))

    async def _keep(self) -> int:
        self._welcome()
        await self.supervisor.stopping.wait()
        return 1 if self.supervisor.failed else 0

    async def _check(self) -> int:
        self.console.tell("everything is up; checking one charge from end to end")
        await self._manage("check_demo")
        self.console.tell(
            "the demo holds: stations online, a session charged, paid, with receipt; beat ticks"
        )
        return 1 if self.supervisor.failed else 0

    async def _stop(self) -> None:
        self.console.tell("stopping")
        await self.supervisor.stop()
        if self.supervisor.failed:
            self.console.tell(self.supervisor.failed)
            self.console.tell(f"the programs' own words are in {self._kept_log()}")
        self.console.close()

    def _kept_log(self) -> Path:
        """Where the log files can be read after a failure; the directory of a check does not stay."""
        log = self.state.directory / "log"
        if not self.options.check:
            return log
        kept = ROOT / "var" / "check-log"
        shutil.rmtree(kept, ignore_errors=True)
        return Path(shutil.copytree(log, kept))

    def _welcome(self) -> None:
        rows = [
            ("pages", self.environment["PUBLIC_URL"]),
            ("charging stations connect to", f"{self.environment['OCPP_URL']}/<identity>"),
        ]
        if self.stands_in:
            rows.append(("payments (stand-in)", self.environment["STRIPE_API_BASE"]))
        rows.append(("log files", str(self.state.directory / "log")))
        rows += _written_by_the_seed(self.state.directory / "welcome.txt")
        width = max(len(label) for label, _ in rows)
        table = "\n".join(f"   {label:<{width}}   {value}" for label, value in rows)
        self.console.tell(f"ready; stop with Ctrl-C\n\n{table}\n")


def _written_by_the_seed(file: Path) -> list[tuple[str, str]]:
    """The seed's own rows of the welcome: one `label<tab>value` on each line."""
    if not file.exists():
        return []
    pairs = [line.partition("\t") for line in file.read_text().splitlines() if line.strip()]
    return [(label, value) for label, _, value in pairs]


def _first_operator(environment: dict[str, str]) -> None:
    """Ask for (at a terminal) or print the first log-in: it needs our terminal, so nobody supervises it."""
    argv = [sys.executable, "manage.py", "create_first_operator"]
    if subprocess.call(argv, env={**os.environ, **environment}) != 0:
        raise Unavailable("The first operator was not created.")


def _choose_ports(options: argparse.Namespace, *, stands_in: bool) -> Ports:
    if options.check:
        web, bridge, stripe = port_tools.free_ports(3)
        return Ports(host="127.0.0.1", web=web, bridge=bridge, stripe=stripe)
    port_tools.demand(options.web_port, options.host, option="--web-port")
    port_tools.demand(options.bridge_port, options.host, option="--bridge-port")
    if stands_in:
        port_tools.demand(options.stripe_port, options.host, option="--stripe-port")
    return Ports(
        host=options.host, web=options.web_port, bridge=options.bridge_port, stripe=options.stripe_port
    )


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./forecourt", description=__doc__)
    parser.add_argument("system", choices=["demo", "up"])
    parser.add_argument("--check", action="store_true", help="demo: prove the whole way, exit 0 or 1")
    parser.add_argument("--quiet", action="store_true", help="do not show the programs' own lines")
    parser.add_argument("--host", default=os.environ.get("FORECOURT_HOST", "127.0.0.1"))
    for name, default in (("web", 8000), ("bridge", 9000), ("stripe", 12111)):
        chosen = int(os.environ.get(f"FORECOURT_{name.upper()}_PORT", default))
        parser.add_argument(f"--{name}-port", type=int, default=chosen, help=f"default {default}")
    options = parser.parse_args(argv)
    if options.check and options.system != "demo":
        parser.error("--check belongs to demo")
    return options


def main(argv: Sequence[str]) -> int:
    """Run the system named in `argv`; one sentence and 1 when it cannot."""
    options = _options(argv)
    directory = throwaway_directory() if options.check else state_directory(options.system)
    try:
        return asyncio.run(System(options, directory).run())
    except Unavailable as problem:
        print(f"forecourt: {problem}", file=sys.stderr)
        return 1
    finally:
        if options.check:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
