"""One PostgreSQL cluster of our own: made, started in the foreground, asked whether it is ready.

Socket only, open to its own account (and root) only. Nothing here runs in production.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from embedded.binaries import find_postgres, major_version, within_reach
from embedded.places import Unavailable, make_private, server_account

ROLE: Final = "forecourt"
PORT: Final = 5432
STOP_SIGNAL: Final = signal.SIGINT  # "fast": a plain SIGTERM would wait for every client to leave
SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # emptying a partitioned table locks each of its days
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
RELAXED: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A cluster below `home`. `durable=False` trades safety after a power cut for speed: tests only."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home / "pg"
        self.data = self.home / "data"
        self.socket = self.home / "s"
        self.durable = durable
        self.account = server_account()
        self._programs: Path | None = None

    @property
    def programs(self) -> Path:
        """The folder of the server's programs, where the server's account can read them."""
        if self._programs is None:
            self._programs = within_reach(find_postgres(), self.home.parent)
        return self._programs

    def url(self, database: str = ROLE) -> str:
        """The address for django-environ, which does not decode a quoted socket path in the host."""
        return f"postgres://{ROLE}@/{database}?host={self.socket}"

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a killed server left behind."""
        make_private(self.home.parent)
        self._make_directory(self.home, 0o700 if self.account is None else 0o711)
        self._make_directory(self.socket, 0o700)
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        self._wait_for_the_former_server()

    def argv(self) -> list[str]:
        """The server in the foreground, for whoever owns and reaps it."""
        settings = SETTINGS if self.durable else {**SETTINGS, **RELAXED}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket), *options]

    def environment(self) -> dict[str, str]:
        """The server's environment: no PG* of the caller may steer it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "HOME": str(self.home), "LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C"}

    def ready(self) -> bool:
        """Does the server accept connections?"""
        address = ["-h", str(self.socket), "-p", str(PORT), "-U", ROLE, "-d", "postgres"]
        return self._run("pg_isready", "-q", *address).returncode == 0

    def ensure_database(self, name: str = ROLE) -> None:
        """Create the database `name` in the running server unless it is there."""
        if self.ask(f"select 1 from pg_database where datname = '{name}'") != "1":  # noqa: S608 - our own names
            self.ask(f'create database "{name}"')

    def ask(self, sql: str, *, database: str = "postgres") -> str:
        """Run one statement with psql and return what it prints."""
        address = ["-h", str(self.socket), "-p", str(PORT), "-U", ROLE, "-d", database]
        return self._must("psql", *address, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql).strip()

    def _make_directory(self, directory: Path, mode: int) -> None:
        directory.mkdir(exist_ok=True)
        if self.account:
            os.chown(directory, *self.account)
        directory.chmod(mode)

    def _initialize(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # a half-made cluster of an interrupted first start
        half_made = self.data.with_name("data.part")
        shutil.rmtree(half_made, ignore_errors=True)
        options = ["-D", str(half_made), "-U", ROLE, "-A", "trust", "-E", "UTF8", *self._locale()]
        self._must("initdb", *options, *([] if self.durable else ["--no-sync"]))
        half_made.rename(self.data)

    def _locale(self) -> list[str]:
        """Unicode upper and lower case on every machine: e-mail addresses are unique ignoring case."""
        if major_version(self.programs) >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _wait_for_the_former_server(self, patience_s: float = 15) -> None:
        """After `kill -9` of its owner a server still writes its last page; let it finish."""
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + patience_s
        while (pid := _first_number(lock)) is not None and _serves(pid, self.data):
            if time.monotonic() > deadline:
                raise Unavailable(f"Another PostgreSQL (process {pid}) still serves {self.data}.")
            time.sleep(0.05)
        # The kernel may keep a killed server as a zombie, and PostgreSQL takes that for a living one.
        for leftover in (lock, *self.socket.glob(".s.PGSQL.*")):
            leftover.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def _must(self, program: str, *arguments: str) -> str:
        result = self._run(program, *arguments)
        if result.returncode != 0:
            said = (result.stderr.strip() or result.stdout.strip() or "it said nothing").splitlines()
            raise Unavailable(f"{program} failed: {said[-1]}")
        return result.stdout


def _first_number(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Is `pid` alive, no zombie, and at work in `data`? (Numbers are used again after a restart.)"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" and os.readlink(f"/proc/{pid}/cwd") == str(data)
    except OSError:
        return not Path("/proc/self").exists()
