"""./forecourt: what it says when something is missing, and that it says it in one sentence."""

from __future__ import annotations

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import environment, launcher, ports
from embedded.places import LONGEST_SOCKET_DIRECTORY, ROOT, Unavailable, state_directory, throwaway_directory
from embedded.state import State

LAUNCHER = ROOT / "forecourt"


def forecourt(*arguments: str, script: Path = LAUNCHER, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **changes},
        timeout=60,
    )


def test_help_names_every_command():
    told = forecourt("help")
    assert told.returncode == 0
    for name in launcher.COMMANDS:
        assert f"./forecourt {name}" in told.stdout


def test_an_unknown_command_is_an_error_and_tells_the_known_ones():
    told = forecourt("dmeo")
    assert told.returncode == 2
    assert "./forecourt demo" in told.stdout


def test_an_old_python_can_read_it_far_enough_to_say_what_is_missing():
    source = LAUNCHER.read_text()
    ast.parse(source, feature_version=(3, 4))
    assert not re.search(r"\bf\"|\bf'|from __future__", source)
    pretend = source.replace("NEEDED = (3, 11)", "NEEDED = (99, 0)")
    told = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, cwd=ROOT, env={"PATH": ""}
    )
    assert told.returncode == 1
    assert re.fullmatch(
        r"Forecourt needs Python 3\.11 or newer; this is 3\.\d+, and the PATH has no newer one\.\n",
        told.stderr,
    )


def test_it_works_from_a_path_with_spaces_and_from_any_directory(tmp_path):
    clone = tmp_path / "a clone with spaces"
    shutil.copytree(ROOT / "embedded", clone / "embedded")
    shutil.copy(LAUNCHER, clone / "forecourt")
    told = forecourt("help", script=clone / "forecourt")
    assert told.returncode == 0
    assert "./forecourt demo" in told.stdout


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error: failed to fetch `x`: dns error: Temporary failure in name resolution", "check the network"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "pinned hash"),
        ("[Errno 13] Permission denied: '.venv'", "may not write"),
        ("something nobody has seen before", "something nobody has seen before"),
    ],
)
def test_each_failure_of_an_installer_becomes_one_sentence(said, sentence):
    told = environment.explain(f"Collecting django\n{said}\n")
    assert sentence in told
    assert "\n" not in told


def test_a_used_port_is_named_with_the_option_that_changes_it():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Unavailable) as caught:
            ports.demand(port, "127.0.0.1", option="--web-port")
    assert str(caught.value) == f"Port {port} is used by another program: choose another with --web-port N."


def test_the_system_says_in_one_sentence_that_its_port_is_used(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        told = subprocess.run(
            [sys.executable, "-m", "embedded.system", "up", "--web-port", port],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "FORECOURT_STATE": str(tmp_path)},
        )
    assert told.returncode == 1
    assert told.stderr == (
        f"forecourt: Port {port} is used by another program: choose another with --web-port N.\n"
    )


def test_free_ports_are_different_and_free():
    found = ports.free_ports(3)
    assert len(set(found)) == 3
    for port in found:
        ports.demand(port, "127.0.0.1", option="--port")


def test_a_state_directory_serves_one_system_at_a_time(tmp_path):
    state = State(tmp_path / "up")
    assert not state.is_held()
    state.hold("up")
    assert State(tmp_path / "up").is_held()
    with pytest.raises(Unavailable, match=r"\./forecourt up is already running here"):
        State(tmp_path / "up").hold("up")


def test_secrets_are_made_once_and_closed_to_others(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = State(tmp_path).secrets()
    assert State(tmp_path).secrets() == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("SECRET_KEY", "chosen by the operator")
    assert State(tmp_path).secrets()["SECRET_KEY"] == "chosen by the operator"


def test_a_clone_with_a_very_long_path_keeps_its_state_elsewhere(monkeypatch, tmp_path):
    monkeypatch.delenv("FORECOURT_STATE", raising=False)
    monkeypatch.setattr("embedded.places.ROOT", tmp_path / ("long" * 40))
    directory = state_directory("demo")
    assert len(os.fsencode(directory)) <= LONGEST_SOCKET_DIRECTORY
    assert not directory.is_relative_to(tmp_path)


def test_a_throwaway_directory_is_short_even_when_tmpdir_is_not(monkeypatch, tmp_path):
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    directory = throwaway_directory()
    directory.rmdir()
    assert len(os.fsencode(directory)) <= LONGEST_SOCKET_DIRECTORY


def test_the_environment_is_not_made_again_while_its_lock_is_unchanged(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(environment, "LOCKS", tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "run.txt").write_text("django==5.2\n")
    (tmp_path / "test.txt").write_text("django==5.2\npytest==8\n")
    installed = []
    monkeypatch.setattr(environment, "_install", lambda lock: installed.append(lock) or mark(lock))

    def mark(lock):
        for name in environment.COVERS[lock]:
            environment._stamp(name).write_text(environment._fingerprint(name))

    environment.prepare("test")
    environment.prepare("test")
    environment.prepare("run")  # the test environment holds it already
    assert installed == ["test"]
    (tmp_path / "run.txt").write_text("django==5.2.1\n")
    environment.prepare("run")
    assert installed == ["test", "run"]
