"""Laws that hold for every tariff and session, by hypothesis."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.money import exponent
from payments.rating.engine import rate
from payments.rating.facts import Period, SessionFacts, Use
from payments.rating.tariff import DAYS
from tests.pure.rating_stories import element, tariff

PAYMENTS = Path(__file__).parents[2] / "payments"
RATING = PAYMENTS / "rating"
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
ANY_STEP = st.integers(0, 1800)
PRICES = st.decimals(0, 3, places=3)
START = datetime(2024, 1, 1, tzinfo=UTC)
BY_POWER = tariff(
    element({"type": "FLAT", "price": "1"}, min_power=1), element({"type": "FLAT", "price": "2"})
)
ONE_SECOND = SessionFacts(
    time_zone="UTC", periods=(Period(start_at=START, end_at=START + timedelta(seconds=1), energy_wh=1),)
)
WRITTEN = """{"country_code": "DE", "party_id": "ALL", "id": "16", "currency": "EUR", "tax_included": "NO",
"elements": [{"price_components": [{"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}]}],
"last_updated": "2018-12-17T11:36:01Z"}"""
CLOCK_TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


@st.composite
def components(draw, steps):
    kind = draw(st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]))
    vat = draw(st.sampled_from([None, "0", "7", "19", "20"]))
    found = {"type": kind, "price": draw(PRICES), "step_size": draw(steps)}
    return found if vat is None else found | {"vat": vat}


RULE_OF = {
    "start_time": CLOCK_TIMES,
    "end_time": CLOCK_TIMES,
    "min_kwh": st.integers(0, 30),
    "max_kwh": st.integers(1, 40),
    "min_power": st.integers(0, 30),
    "max_power": st.integers(1, 60),
    "min_duration": st.integers(0, 7200),
    "max_duration": st.integers(1, 7200),
    "day_of_week": st.lists(st.sampled_from(DAYS), unique=True, min_size=1),
}
RULES = st.fixed_dictionaries({}, optional=RULE_OF)


@st.composite
def energy_elements(draw, *names):
    """An element that prices energy, restricted by some of these."""
    rules = st.fixed_dictionaries({}, optional={name: RULE_OF[name] for name in names})
    return element({"type": "ENERGY", "price": draw(PRICES), "step_size": 1}, **draw(rules))


@st.composite
def tariffs(draw, /, *, steps=ANY_STEP, **fields):
    elements = [
        element(*draw(st.lists(components(steps), min_size=1, max_size=3)), **draw(RULES))
        for _ in range(draw(st.integers(1, 4)))
    ]
    taxes, currency = (
        draw(st.sampled_from(["YES", "NO", "N/A"])),
        draw(st.sampled_from(["EUR", "JPY", "BHD"])),
    )
    grace = draw(st.sampled_from([0, 300, 1000]))
    return tariff(*elements, tax_included=taxes, currency=currency, x_idle_grace_s=grace, **fields)


@st.composite
def sessions(draw):
    """Periods of whole seconds, each with a whole number of Wh per second (so cuts stay exact)."""
    at = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 366)))
    periods = []
    for _ in range(draw(st.integers(1, 6))):
        seconds, use = draw(st.integers(1, 6000)), draw(st.sampled_from(list(Use)))
        rate_wh = draw(st.integers(0, 12)) if use is Use.CHARGING else 0
        end = at + timedelta(seconds=seconds)
        periods.append(Period(start_at=at, end_at=end, energy_wh=rate_wh * seconds, use=use))
        at = end
    return SessionFacts(time_zone=draw(ZONES), periods=tuple(periods))


def cut(facts: SessionFacts, shares: list[int]) -> SessionFacts:
    """The same session, each period told in two parts."""
    told = []
    for period, share in zip(facts.periods, shares, strict=False):
        total_s = int((period.end_at - period.start_at).total_seconds())
        first_s = total_s * share // 100
        middle = period.start_at + timedelta(seconds=first_s)
        first_wh = period.energy_wh * first_s // total_s
        told.append(Period(start_at=period.start_at, end_at=middle, energy_wh=first_wh, use=period.use))
        rest_wh = period.energy_wh - first_wh
        told.append(Period(start_at=middle, end_at=period.end_at, energy_wh=rest_wh, use=period.use))
    return SessionFacts(time_zone=facts.time_zone, periods=tuple(told))


LAWS = {}


def law(*strategies):
    """A law holds for two hundred drawn cases always, and for ten thousand in the slow proof."""

    def enact(told):
        LAWS[told.__name__] = (told, strategies)
        return settings(max_examples=200)(given(*strategies)(told))

    return enact


@law(tariffs(), sessions(), st.lists(st.integers(1, 99), min_size=6, max_size=6))
@example(BY_POWER, ONE_SECOND, [1] * 6)
def test_splitting_periods_changes_no_bill(some_tariff, facts, shares):
    whole, parts = rate(some_tariff, facts), rate(some_tariff, cut(facts, shares))
    assert parts.lines == whole.lines
    assert parts.total_gross == whole.total_gross
    assert parts.left_out == whole.left_out


@law(tariffs(steps=st.just(1)), sessions(), st.integers(0, 5))
def test_a_longer_session_never_costs_less(some_tariff, facts, kept):
    shorter = SessionFacts(time_zone=facts.time_zone, periods=facts.periods[: kept + 1])
    assert rate(some_tariff, shorter).total_gross <= rate(some_tariff, facts).total_gross


BY_AMOUNT = st.lists(energy_elements("min_kwh", "max_kwh"), min_size=1, max_size=4)
BY_HOUR = st.lists(energy_elements("start_time", "end_time"), min_size=1, max_size=4)


@law(st.one_of(BY_AMOUNT, BY_HOUR), sessions(), st.integers(1, 90))
def test_more_energy_in_the_same_time_never_costs_less(tiers, facts, more_wh):
    """Where the amount or the hour decides about its price, not both: an amount that is reached before the
    hour begins leaves less for the hour to price. And where no step is paid that more energy fills."""
    by_energy = tariff(*tiers)
    fed = [
        replace(period, energy_wh=period.energy_wh + more_wh) if period.use is Use.CHARGING else period
        for period in facts.periods
    ]
    more = SessionFacts(time_zone=facts.time_zone, periods=tuple(fed))
    assert rate(by_energy, facts).total_gross <= rate(by_energy, more).total_gross


@law(tariffs(max_price={"before_taxes": "3", "after_taxes": "3.5"}), sessions())
def test_the_maximum_is_never_exceeded(some_tariff, facts):
    bill = rate(some_tariff, facts)
    assert bill.total_net <= 3
    assert bill.total_gross <= Decimal("3.5")


@law(tariffs(min_price={"before_taxes": "3", "after_taxes": "3.5"}), sessions())
def test_the_minimum_is_always_reached_when_energy_flowed(some_tariff, facts):
    bill = rate(some_tariff, facts)
    if bill.energy_wh:
        assert bill.total_net >= 3
        assert bill.total_gross >= Decimal("3.5")


@law(tariffs(), sessions())
def test_every_bill_adds_up_in_whole_minor_units(some_tariff, facts):
    bill = rate(some_tariff, facts)
    unit = Decimal(1).scaleb(-exponent(bill.currency))
    assert sum(line.gross for line in bill.lines) == bill.total_gross
    assert sum(line.net for line in bill.lines) == bill.total_net
    assert bill.total_net + bill.total_tax == bill.total_gross
    assert bill.total_gross % unit == 0
    assert all(line.net + line.tax == line.gross for line in bill.lines)
    assert bill.total_gross >= 0


@law(tariffs(), sessions())
def test_energy_and_time_are_neither_lost_nor_made(some_tariff, facts):
    bill = rate(some_tariff, facts)
    span = facts.periods[-1].end_at - facts.periods[0].start_at
    assert bill.energy_wh == sum(period.energy_wh for period in facts.periods)
    assert bill.charging_s + bill.idle_s + bill.held_s == Decimal(int(span.total_seconds()))
    assert sum(period.energy_wh for period in bill.periods) == bill.energy_wh


@law(tariffs(), sessions())
def test_taxes_by_rate_sum_to_the_tax_of_the_bill(some_tariff, facts):
    bill = rate(some_tariff, facts)
    assert sum(tax.tax for tax in bill.taxes) == bill.total_tax
    assert len({tax.vat for tax in bill.taxes}) == len(bill.taxes)


def test_rating_needs_no_framework_and_reads_a_tariff_as_ocpi_writes_it():
    """In a process of its own: nothing of the server, and no server's library, comes with it."""
    program = (
        "import sys; from payments.rating import engine, ocpi;"
        "t = ocpi.loads(sys.stdin.read()); print(t.elements[0].price_components[0].price);"
        "loaded = {name.split('.')[0] for name in sys.modules};"
        "print(sorted(loaded & {'django', 'psycopg', 'stripe', 'celery', 'redis'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=WRITTEN,
        capture_output=True,
        text=True,
        check=True,
        cwd=PAYMENTS.parent,
        env={},
    )
    assert done.stdout.split("\n")[:2] == ["0.25", "[]"]


def test_no_float_lives_in_the_code_of_money():
    sinners = [
        f"{path.relative_to(PAYMENTS)}:{node.lineno}"
        for path in [*PAYMENTS.rglob("*.py"), PAYMENTS.parent / "core" / "money.py"]
        for node in ast.walk(ast.parse(path.read_text()))
        if _is_float(node) or (RATING not in path.parents and _may_make_one(node))
    ]
    assert sinners == []


@law(tariffs(), sessions())
def test_no_number_of_a_bill_is_a_float(some_tariff, facts):
    """In rating every division is between exact numbers."""
    assert float not in {type(value) for value in _values(asdict(rate(some_tariff, facts)))}


def _values(told):
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list | tuple):
        return [value for part in told for value in _values(part)]
    return [told]


def _is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Name):
        return node.id == "float"
    return isinstance(node, ast.Attribute) and node.attr in ("FloatField", "total_seconds")


def _may_make_one(node: ast.AST) -> bool:
    """Two whole numbers divided are a float: whoever divides says that one of them is exact."""
    if not (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)):
        return False
    return not {"Decimal", "Fraction"} & {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_every_law_holds_for_ten_thousand_sessions(name):
    told, strategies = LAWS[name]
    settings(max_examples=10_000)(given(*strategies)(told))()
