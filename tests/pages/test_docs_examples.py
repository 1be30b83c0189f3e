"""The figures that docs/ quotes come out of the real functions."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from payments.rating import explain
from payments.rating.engine import rate
from payments.rating.facts import Holder, Period, SessionFacts, Use
from payments.rating.ocpi import from_ocpi
from payments.rating.reserving import rate_reservation

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/pricing-with-examples.md").read_text()
NIGHT = (ROOT / "docs/a-night-on-call.md").read_text()
ZONE = "Europe/Copenhagen"
USES = {"charging": Use.CHARGING, "parked": Use.IDLE, "held": Use.HELD}
STRETCH = re.compile(r"(\d\d):(\d\d) (\w+) (\d+) min(?:, ([\d.]+) kWh)?")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


TARIFFS = {tariff["id"]: from_ocpi(tariff) for tariff in map(json.loads, blocks("json"))}


def period(line: str) -> Period:
    told = STRETCH.fullmatch(line)
    assert told, line
    hour, minute, what, minutes, kwh = told.groups()
    start = datetime(2026, 3, 4, int(hour), int(minute), tzinfo=ZoneInfo(ZONE))
    return Period(
        start_at=start,
        end_at=start + timedelta(minutes=int(minutes)),
        energy_wh=round(float(kwh or 0) * 1000),
        use=USES[what],
        held_by=Holder.PLAN if what == "held" else Holder.STATION,
    )


@pytest.mark.parametrize("example", blocks("example"))
def test_an_example_of_the_pricing_page_comes_out_as_it_says(example):
    name, *lines = example.strip().split("\n")
    told = [line for line in lines if line.startswith("=")]
    facts = SessionFacts(
        time_zone=ZONE, periods=tuple(period(line) for line in lines if not line.startswith("="))
    )
    bill = rate(TARIFFS[name], facts)
    found = [f"= {one.what}: {one.line.gross:.2f}" for one in explain.explain(bill)]
    tax = bill.total_gross - bill.total_net
    assert [*found, f"= total {bill.total_gross:.2f}, of which tax {tax:.2f}"] == told


KEPT = re.compile(r"(\d\d):(\d\d) (used|missed) after (\d+) min")


@pytest.mark.parametrize("example", blocks("reservation"))
def test_a_reservation_of_the_pricing_page_comes_out_as_it_says(example):
    name, line, *told = example.strip().split("\n")
    hour, minute, became, minutes = KEPT.fullmatch(line).groups()
    start = datetime(2026, 3, 4, int(hour), int(minute), tzinfo=ZoneInfo(ZONE))
    bill = rate_reservation(
        TARIFFS[name],
        time_zone=ZONE,
        reserved_at=start,
        ended_at=start + timedelta(minutes=int(minutes)),
        is_expired=became == "missed",
    )
    found = [f"= {one.what}: {one.line.gross:.2f}" for one in explain.explain(bill)]
    tax = bill.total_gross - bill.total_net
    assert [*found, f"= total {bill.total_gross:.2f}, of which tax {tax:.2f}"] == told


def test_the_page_has_examples():
    assert len(blocks("example")) >= 7
    assert len(blocks("reservation")) >= 2


@pytest.mark.parametrize("words", sorted(set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", NIGHT))))
def test_what_the_night_page_tells_to_press_is_on_the_pages(words):
    said = (ROOT / "locale/de/LC_MESSAGES/django.po").read_text()
    assert f'msgid "{" ".join(words.split())}"' in said
