"""The bench of money: a verdict that can turn red, and a small run of the real thing."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from bench import __main__ as bench
from bench.money import command, fate, reading, scene, town
from bench.money.report import Outcome
from bench.money.scene import Plan
from bench.money.verdict import Books, Charge, Injected, Intent, Payment, hardship, judge, later
from bench.ocpp.servers import CannotRun

PAID = Payment("a", 1, "captured", "pi_1", 700, 700)
TOOK = Intent("pi_1", "a", "succeeded", (700,))
FREE = Payment("b", 2, "voided", "pi_2", 0, 0)
LET_GO = Intent("pi_2", "b", "canceled", ())
REFUSED = Payment("c", 3, "failed", "", 0, 0)
DECLINED = Intent("pi_3", "c", "requires_payment_method", ())
GOOD = Books(
    intents=(TOOK, LET_GO, DECLINED),
    payments=(PAID, FREE, REFUSED),
    charges=(Charge(1, 1, 700, True), Charge(2, 1, 0, True), Charge(3, 1, 250, False)),
    cash_minor=700,
    receivable_minor=250,
    open_operations=0,
    unread_webhooks=0,
    provider_balance_minor=700,
)
HARD = Injected(
    writes=100,
    faults={"drop_before": 25},
    died={"before call made": 8},
    killed_from_outside=2,
    webhooks={"webhook_drop": 1, "webhook_duplicate": 1, "webhook_shuffle": 1},
)


def failing(books: Books) -> set[str]:
    return {bar.name.split(":")[0].split(",")[0] for bar in judge(books, 3) if not bar.holds}


def with_intent(intent: Intent) -> Books:
    return replace(GOOD, intents=(intent, LET_GO, DECLINED))


def test_three_books_that_agree_hold_every_bar():
    assert failing(GOOD) == set()


def test_a_capture_done_twice_fails():
    twice = replace(with_intent(replace(TOOK, taken_minor=(700, 700))), provider_balance_minor=1400)
    assert "doubled" in failing(twice)


def test_the_same_charge_taken_by_two_intents_fails():
    again = replace(GOOD, intents=(*GOOD.intents, Intent("pi_9", "a", "succeeded", (700,))))
    assert {"doubled", "wrong states"} <= failing(again)


def test_what_was_not_taken_is_lost():
    assert "lost" in failing(with_intent(replace(TOOK, taken_minor=(699,))))


def test_a_hold_that_stands_is_stuck():
    standing = Intent("pi_9", "a", "requires_capture", ())
    assert failing(replace(GOOD, intents=(*GOOD.intents, standing))) == {"stuck holds"}


@pytest.mark.parametrize("status", ["created", "requires_action", "authorized", "voided"])
def test_a_payment_that_is_not_what_the_provider_has_is_wrong(status):
    wrong = replace(GOOD, payments=(replace(PAID, status=status), FREE, REFUSED))
    assert failing(wrong) == {"wrong states"}


def test_a_failed_payment_that_took_money_is_wrong():
    wrong = replace(GOOD, payments=(replace(PAID, status="failed"), FREE, REFUSED))
    assert "wrong states" in failing(wrong)


TOPPED_UP = Payment("t", None, "captured", "pi_4", 500, 500)
DRAWN = Payment("d", 1, "captured", "", 200, 200, is_drawn=True)
PREPAID = replace(
    GOOD,
    intents=(replace(TOOK, taken_minor=(500,)), LET_GO, DECLINED, Intent("pi_4", "t", "succeeded", (500,))),
    payments=(replace(PAID, captured_minor=500, posted_minor=500), FREE, REFUSED, TOPPED_UP, DRAWN),
    cash_minor=1000,
    provider_balance_minor=1000,
    balances_minor=(300,),
)


def test_what_a_balance_paid_counts_as_taken():
    assert failing(PREPAID) == set()


def test_a_draw_too_many_or_one_that_is_not_booked_fails():
    twice = replace(PREPAID, payments=(*PREPAID.payments, DRAWN))
    assert {"doubled", "topped up less drawn and what balances hold"} <= failing(twice)
    assert failing(replace(PREPAID, balances_minor=(299,))) == {"topped up less drawn and what balances hold"}


def test_a_balance_below_zero_or_a_hold_on_one_that_stands_fails():
    assert "balances below zero" in failing(replace(PREPAID, balances_minor=(400, -100)))
    standing = replace(DRAWN, public_id="e", status="authorized", captured_minor=0, posted_minor=0)
    assert failing(replace(PREPAID, payments=(*PREPAID.payments, standing))) == {"wrong states"}


def test_balances_that_nobody_drew_on_prove_nothing():
    assert "payments from balances" in failing(replace(GOOD, balances_minor=(0,)))


def test_a_session_without_a_bill_or_with_two_fails():
    for bills in (0, 2):
        charges = (replace(GOOD.charges[0], bills=bills), *GOOD.charges[1:])
        assert failing(replace(GOOD, charges=charges)) == {"charges without exactly one bill"}


def test_a_cent_between_the_books_fails():
    assert failing(replace(GOOD, cash_minor=699)) == {"provider's balance less ledger's cash"}
    assert "ledger's receivables less bills of cards that do not" in failing(
        replace(GOOD, receivable_minor=251)
    )
    assert failing(replace(GOOD, payments=(replace(PAID, posted_minor=699), FREE, REFUSED))) == {
        "ledger postings that differ"
    }


def test_an_open_operation_and_a_missing_session_fail():
    assert failing(replace(GOOD, open_operations=1)) == {"operations still open"}
    assert "charges" in failing(replace(GOOD, charges=GOOD.charges[:2]))


def test_late_news_must_be_read_and_move_nothing():
    assert all(bar.holds for bar in later(replace(GOOD, unread_webhooks=5), GOOD))
    assert [bar.holds for bar in later(GOOD, replace(GOOD, cash_minor=1))] == [False, True]
    assert [bar.holds for bar in later(GOOD, replace(GOOD, unread_webhooks=1))] == [False, False]


def test_a_quiet_run_proves_nothing():
    assert all(bar.holds for bar in hardship(HARD, 10))
    quiet = Injected(100, {"drop_before": 1}, {}, 0, {})
    assert not any(bar.holds for bar in hardship(quiet, 10))


def test_the_command_prints_writes_and_exits_by_its_bars(monkeypatch, tmp_path, capsys):
    outcome = Outcome(3, 1.0, 1.0, HARD, judge(replace(GOOD, cash_minor=1), 3))
    monkeypatch.setattr(scene, "play", lambda plan: outcome)
    assert bench.main(["money", "--json", str(tmp_path / "figures.json")]) == 1
    assert "FAILS  provider's balance less ledger's cash" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures.json").read_text())["holds"] is False


def test_what_cannot_be_tried_is_neither_yes_nor_no(monkeypatch, capsys):
    def fail(plan):
        raise CannotRun("no ground")

    monkeypatch.setattr(scene, "play", fail)
    assert command.main([]) == 2
    assert "no ground" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--sessions", "0"], ["--sessions", "999999"], ["--workers", "99"]])
def test_the_bench_is_bounded(wrong):
    with pytest.raises(SystemExit):
        bench.main(["money", *wrong])


def test_the_town_has_free_charges_dear_ones_and_cards_that_refuse():
    kinds = Counter(town.energy_wh(number) // 50_000 for number in range(1_000))
    assert kinds[0] > 100
    assert sum(kinds[k] for k in kinds if k >= 2) == 100
    assert any(not town.has_paying_card(town.email(driver)) for driver in range(50))
    assert town.has_paying_card(town.email(0))


def test_a_step_is_survived_or_ends_the_process(monkeypatch):
    ends = []
    monkeypatch.setattr(fate.os, "kill", lambda pid, signal: ends.append(signal))
    deaths = [0] * len(fate.POINTS)
    for rate in (0.0, 1.0):
        fate.Fate(fate.Random(1), rate, deaths).at("after call made")
    assert ends == [fate.signal.SIGKILL]
    assert sum(deaths) == deaths[fate.POINTS.index("after call made")] == 1


@pytest.mark.slow
def test_a_small_run_holds_and_what_is_planted_in_its_books_is_found(tmp_path):
    plan = Plan(sessions=24, workers=3, seed=5, patience_s=300)
    with scene.stage(plan) as on:
        outcome = scene.perform(on)
        assert [bar.name for bar in outcome.bars if not bar.holds] == []
        for name, (planted, bar) in PLANTED.items():
            copy = tmp_path / name
            plant(on.state, copy, planted)
            found = judge(reading.books(on.ground.postgres.url(), copy), plan.sessions)
            assert bar in [one.name.split(":")[0] for one in found if not one.holds]


PLANTED = {
    "doubled": (
        "insert into objects (id, kind, created, body) select id || '_again', kind, created, body"
        " from objects where kind = 'balance_transaction' limit 1",
        "doubled",
    ),
    "lost": (
        "delete from objects where seq = (select min(seq) from objects where kind = 'balance_transaction')",
        "lost",
    ),
    "stuck": (
        "update objects set body = json_set(body, '$.status', 'requires_capture') where seq ="
        " (select max(seq) from objects where kind = 'payment_intent')",
        "stuck holds",
    ),
}


def plant(state, copy, sql):
    """The provider's books as they were, but for one thing."""
    with closing(sqlite3.connect(state)) as theirs, closing(sqlite3.connect(copy)) as altered:
        theirs.backup(altered)
        assert altered.execute(sql).rowcount == 1
        altered.commit()
