"""Habits that no other tool watches: short files, one clock, one crossing to the ORM, nothing half done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from embedded.places import ROOT

SERVER = ("core", "accounts", "stations", "payments", "scheduling", "ocpp_bridge", "config", "demo")
OUTSIDE = ("simulator", "embedded", "bench", "tests")


def sources(*packages: str) -> list[Path]:
    found = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def breaches(pattern: str, *packages: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """`file:line` of each match outside the `allowed` files."""
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}"
        for path in sources(*packages)
        if (name := str(path.relative_to(ROOT))) not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if wanted.search(line)
    ]


def test_no_file_is_longer_than_four_hundred_lines():
    lengths = {path: len(path.read_text().splitlines()) for path in sources(*SERVER, *OUTSIDE)}
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("call", [r"timezone\.now\(", r"datetime\.now\(", r"utcnow\(", r"auto_now"])
def test_the_server_reads_only_the_clock_that_can_be_set(call):
    assert breaches(rf"\b{call}", *SERVER, allowed=("core/clock.py",)) == []


def test_async_code_reaches_the_orm_through_one_door():
    door = ("core/threads.py",)
    assert breaches(r"\b(sync_to_async|database_sync_to_async)\b\(", *SERVER, allowed=door) == []


def test_nobody_listens_to_model_signals():
    assert breaches(r"\b(pre|post)_(save|delete)\b|m2m_changed", *SERVER) == []


def test_nothing_is_left_half_done():
    this = ("tests/house/test_habits.py",)
    unfinished = (
        r"\bTODO\b|\bFIXME\b|NotImplementedError|pragma: no cover|mark\.(skip|xfail)\b|pytest\.skip\("
    )
    assert breaches(unfinished, *SERVER, *OUTSIDE, allowed=this) == []


def test_every_module_of_ours_postpones_its_annotations():
    bare = [path for path in sources(*SERVER, *OUTSIDE) if path.name != "__init__.py"]
    without = [
        path
        for path in bare
        if path.read_text().strip() and "from __future__ import annotations" not in path.read_text()
    ]
    assert [str(path.relative_to(ROOT)) for path in without] == []


def test_no_page_forgets_the_news_that_comes_while_it_rests():
    """htmx's throttle drops what comes meanwhile; static/js/live.js paces nudges and tells the last."""
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "demo").rglob("*.html")]
    assert [str(page) for page in pages if "throttle:" in page.read_text()] == []


def test_every_pace_that_a_page_asks_for_is_one_that_the_script_keeps():
    script = (ROOT / "static/js/live.js").read_text()
    kept = set(re.findall(r'"?(nudge[\w-]*)"?: \d+', script))
    asked = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"\b(nudge[\w-]*):", page.read_text())
    }
    assert asked == kept
