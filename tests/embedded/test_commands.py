"""What ./forecourt test and ./forecourt check decide before they hand over to the tools."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import browser, locks, testing
from embedded.checks import Check, Verdict, checks, judge, table
from embedded.places import ROOT


@pytest.mark.parametrize(
    ("arguments", "added"),
    [
        ([], ["-n", "3"]),
        (["-q", "tests/pure"], ["-n", "3"]),
        (["-n", "0"], []),
        (["-n4"], []),
        (["--pdb"], []),
    ],
)
def test_tests_run_on_three_workers_unless_the_caller_chose(arguments, added):
    assert testing.workers(arguments) == added


@pytest.mark.parametrize(
    ("arguments", "is_narrow"),
    [
        ([], False),
        (["-q", "--maxfail=1"], False),
        (["tests/pure"], True),
        (["tests/house/test_locks.py::test_a_lock_holds_no_address"], True),
        (["-k", "rating"], True),
    ],
)
def test_no_browser_is_installed_for_a_chosen_few(arguments, is_narrow):
    assert testing.is_narrow(arguments) is is_narrow


def test_where_python_may_not_write_beside_its_sources_a_run_still_compiles_once(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/elsewhere")
    testing.keep_bytecode()
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ["PYTHONPYCACHEPREFIX"] == "/elsewhere"
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX")
    testing.keep_bytecode()
    assert os.environ["PYTHONPYCACHEPREFIX"] == str(ROOT / "var" / "bytecode")


def without_a_browser(**changes: str) -> subprocess.CompletedProcess[str]:
    """`embedded.testing` where no browser is found and none can be installed; pytest only collects."""
    script = (
        "import sys; from embedded import browser, testing\n"
        "browser.find = lambda: None; browser.install = lambda: None\n"
        "sys.exit(testing.main(['--version']))"
    )
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORECOURT_CHROMIUM")}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env={**kept, **changes}
    )


def test_ci_fails_without_a_browser():
    told = without_a_browser(CI="true")
    assert told.returncode == 1
    assert "CI needs a Chromium" in told.stderr


def test_elsewhere_a_missing_browser_is_said_loudly():
    told = without_a_browser()
    assert told.returncode == 0
    assert "The browser tests are LEFT OUT of this run" in told.stdout


def test_a_chosen_browser_must_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("FORECOURT_CHROMIUM", str(tmp_path / "gone"))
    assert browser.find() is None
    monkeypatch.setenv("FORECOURT_CHROMIUM", sys.executable)
    assert browser.find() == Path(sys.executable)


def test_a_browser_on_the_path_is_found(monkeypatch, tmp_path):
    program = tmp_path / "google-chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv("FORECOURT_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find() == program


def test_a_check_is_judged_by_its_exit_status():
    good = judge(Check("good", [sys.executable, "-c", "print('fine')"]))
    bad = judge(Check("bad", [sys.executable, "-c", "raise SystemExit('broken')"]))
    assert (good.passed, good.said) == (True, "fine")
    assert (bad.passed, bad.said) == (False, "broken")


def test_the_table_names_each_check_with_result_and_time():
    verdicts = [Verdict("types", True, 61.23, ""), Verdict("contracts", False, 0.4, "broken")]
    assert table(verdicts).splitlines() == [
        "  types      ok        61.2 s",
        "  contracts  FAILED     0.4 s",
    ]


def test_no_two_checks_share_a_name():
    names = [check.name for check in checks()]
    assert len(names) == len(set(names)) == 9


PROJECT = '[project]\ndependencies = ["Django~=5.2"]\n[dependency-groups]\ndev = ["pytest~=8.4"]\n'
PIN = "{0}==1.0 \\\n    --hash=sha256:00\n"


@pytest.fixture
def locked(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "run.txt").write_text(PIN.format("django"))
    (tmp_path / "test.txt").write_text(PIN.format("django") + PIN.format("pytest"))
    return tmp_path


def complaints(folder: Path) -> list[str]:
    return locks.complaints(folder, folder / "pyproject.toml")


def test_good_locks_have_no_complaints(locked):
    assert complaints(locked) == []


def test_an_address_in_a_lock_is_found_even_in_a_comment(locked):
    with (locked / "run.txt").open("a") as lock:
        lock.write("# from https://example.org/simple\n")
    assert complaints(locked) == ["run.txt holds an address"]


def test_a_pin_without_a_hash_is_found(locked):
    with (locked / "run.txt").open("a") as lock:
        lock.write("celery==5.5\n")
    assert complaints(locked) == ["run.txt pins without a hash: celery==5.5"]


def test_a_dependency_that_was_not_locked_is_found(locked):
    (locked / "run.txt").write_text("")
    assert complaints(locked) == ["run.txt lacks django: run ./forecourt lock"]
