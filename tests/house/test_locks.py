"""The lock files: every package pinned by hash, and no address in them."""

from __future__ import annotations

import re

import pytest

from embedded.places import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def test_there_is_a_lock_for_each_use():
    assert [lock.stem for lock in LOCKS] == ["run", "test", "uv"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_holds_no_address(lock):
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_pinned_with_a_hash(lock):
    whole_lines = lock.read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in whole_lines if line and not line.lstrip().startswith("#")]
    assert packages
    for line in packages:
        assert re.match(r"[a-z0-9_.\[\],-]+==\S+", line, re.IGNORECASE), line
        assert "--hash=sha256:" in line, line


def test_the_test_environment_holds_exactly_the_versions_that_run():
    def pins(name):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return set(re.findall(r"^([\w.\[\],-]+==[^ \\\n;]+)", text, re.MULTILINE))

    assert pins("run") <= pins("test")
