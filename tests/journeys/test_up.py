"""`./forecourt up` for real: every role its own process, gone after `kill -9`, back with what it kept."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded.places import ROOT, throwaway_directory
from embedded.ports import free_ports

pytestmark = pytest.mark.journey
ROLES = ("postgres", "valkey", "web", "bridge", "worker", "beat", "payments")


@pytest.fixture
def state():
    directory = throwaway_directory()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


class Up:
    """One run of `up` on free ports, watched through its output."""

    def __init__(self, state: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_SECRET"))}
        self.web, self.bridge, stripe = free_ports(3)
        ports = ["--web-port", self.web, "--bridge-port", self.bridge, "--stripe-port", stripe]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "embedded.system", "up", *map(str, ports)],
            cwd=ROOT,
            env={**kept, "FORECOURT_STATE": str(state), "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = self._until_ready()

    def _until_ready(self) -> str:
        lines = []
        for line in self.process.stdout or ():
            lines.append(line)
            if "ready; stop with Ctrl-C" in line:
                return "".join(lines)
        raise AssertionError("".join(lines))

    def children(self) -> dict[int, str]:
        """The supervised processes: number and command line."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.process.pid:
                    found[int(stat.parent.name)] = (stat.parent / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/healthz")
    return connection.getresponse().status == 200


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids, patience_s: float = 30) -> list[int]:
    deadline = time.monotonic() + patience_s
    while (left := [pid for pid in pids if not is_gone(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_the_system_starts_dies_without_orphans_and_starts_again(state):
    first = Up(state)
    assert is_healthy(first.web)
    assert is_healthy(first.bridge)
    assert re.search(r"The first operator's log-in:  \S+@\S+  /  \S{16}", first.said)
    children = first.children()
    assert len(children) == len(ROLES)

    first.process.kill()
    first.process.wait()
    assert wait_until_gone(children) == []

    second = Up(state)
    assert is_healthy(second.web)
    assert "first operator's log-in" not in second.said
    later = second.children()
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(60) == 0
    assert wait_until_gone(later) == []
