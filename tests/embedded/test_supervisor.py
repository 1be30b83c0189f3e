"""The supervisor with small real processes: start, restart, ordered stop, no orphans."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from embedded.console import Console
from embedded.places import ROOT, Unavailable
from embedded.supervisor import MOST_FALLS, Program, Stopped, Supervisor, backoff_s

LIVES_ON = """
import os, signal, sys, time
def note(word):
    with open(sys.argv[2], "a") as diary:
        diary.write(f"{word} {sys.argv[1]} {os.getpid()}\\n")
def leave(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
note("started")
print("at your service", flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def diary(tmp_path):
    return tmp_path / "diary"


@pytest.fixture
def supervisor(tmp_path):
    return Supervisor(Console(tmp_path / "log", quiet=True))


def servant(name: str, diary: Path, **changes) -> Program:
    argv = [sys.executable, "-c", LIVES_ON, name, str(diary)]
    return Program(**{"name": name, "argv": argv, "ready_words": "at your service", **changes})


def entries(diary: Path, word: str) -> list[str]:
    lines = diary.read_text().splitlines() if diary.exists() else []
    return [line.split()[1] for line in lines if line.startswith(word)]


def newest_pid(diary: Path) -> int:
    return int(diary.read_text().splitlines()[-1].split()[2])


async def until(condition, patience_s: float = 10):
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_programs_stop_in_the_reverse_of_their_order(supervisor, diary):
    await supervisor.start(servant("first", diary))
    await supervisor.start(servant("second", diary))
    await supervisor.start(servant("third", diary))
    await supervisor.stop()
    assert entries(diary, "started") == ["first", "second", "third"]
    assert entries(diary, "stopped") == ["third", "second", "first"]


async def test_what_falls_is_started_again(supervisor, diary):
    await supervisor.start(servant("worker", diary))
    os.kill(newest_pid(diary), signal.SIGKILL)
    await until(lambda: len(entries(diary, "started")) == 2)
    assert not supervisor.stopping.is_set()
    await supervisor.stop()
    assert entries(diary, "stopped") == ["worker"]


async def test_what_falls_again_and_again_ends_the_system_with_its_last_words(supervisor, diary, monkeypatch):
    monkeypatch.setattr("embedded.supervisor.backoff_s", lambda falls: 0.01)
    brief = "print('the paper is out', flush=True); import time; time.sleep(0.2); raise SystemExit(3)"
    await supervisor.start(Program(name="printer", argv=[sys.executable, "-c", brief], ready_words="paper"))
    await asyncio.wait_for(supervisor.stopping.wait(), 20)
    await supervisor.stop()
    assert supervisor.failed == f"printer fell {MOST_FALLS} times in a row: the paper is out"


def test_the_pause_before_a_restart_doubles_up_to_a_quarter_minute():
    assert [backoff_s(falls) for falls in range(1, 8)] == [0.5, 1, 2, 4, 8, 15, 15]


async def test_a_program_that_ends_at_once_is_named_with_its_last_words(supervisor):
    broken = Program(
        name="web", argv=[sys.executable, "-c", "raise SystemExit('no such table')"], ready=lambda: False
    )
    with pytest.raises(Unavailable, match="web did not start: no such table"):
        await supervisor.start(broken)
    await supervisor.stop()


async def test_a_program_that_never_becomes_ready_is_named_and_stopped(supervisor, diary):
    with pytest.raises(Unavailable, match=r"web was not ready after 0 s\."):
        await supervisor.start(servant("web", diary, ready_words="never said", patience_s=0.3))
    pid = newest_pid(diary)
    await supervisor.stop()
    assert is_gone(pid)


async def test_a_failed_migration_is_told_in_one_sentence(supervisor):
    with pytest.raises(Unavailable, match="migrate failed: no room"):
        await supervisor.once(
            Program(name="migrate", argv=[sys.executable, "-c", "raise SystemExit('no room')"])
        )


async def test_a_stop_while_starting_does_not_wait_for_readiness(supervisor, diary):
    starting = asyncio.create_task(supervisor.start(servant("web", diary, ready_words="never said")))
    await until(lambda: diary.exists() and entries(diary, "started"))
    supervisor.stopping.set()
    with pytest.raises(Stopped):
        await starting
    await supervisor.stop()
    assert entries(diary, "stopped") == ["web"]


async def test_a_deaf_program_and_its_children_are_killed_after_their_grace(supervisor, tmp_path):
    pids = tmp_path / "pids"
    deaf = textwrap.dedent(f"""
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
        print("deaf", flush=True)
        time.sleep(600)
    """)
    await supervisor.start(
        Program(name="deaf", argv=[sys.executable, "-c", deaf], ready_words="deaf", grace_s=0.3)
    )
    await supervisor.stop()
    await until(lambda: all(is_gone(int(pid)) for pid in pids.read_text().split()))


async def test_every_program_has_its_own_log_file(supervisor, diary, tmp_path):
    await supervisor.start(servant("web", diary))
    await supervisor.stop()
    assert (tmp_path / "log" / "web.log").read_text() == "at your service\n"


KEEPS_TWO = """
import asyncio, json, pathlib, sys
from embedded.console import Console
from embedded.supervisor import Program, Supervisor

async def main(folder):
    supervisor = Supervisor(Console(folder / "log", quiet=True))
    for argv in json.loads(sys.argv[2]):
        await supervisor.start(Program(name=argv[-2], argv=argv, ready_words="at your service"))
    print("both run", flush=True)
    await supervisor.stopping.wait()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_nothing_outlives_a_supervisor_that_was_killed(tmp_path, diary):
    programs = [servant(name, diary).argv for name in ("first", "second")]
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPS_TWO, str(tmp_path), json.dumps(programs)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert keeper.stdout.readline() == b"both run\n"
    pids = [int(line.split()[2]) for line in diary.read_text().splitlines()]
    assert len(pids) == 2
    keeper.kill()
    keeper.wait()
    asyncio.run(until(lambda: all(is_gone(pid) for pid in pids)))
    assert sorted(entries(diary, "stopped")) == ["first", "second"]
