"""What keeps the bridge's own tables small and readable."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from core import clock
from ocpp_bridge import batches, callers, handshake, retention, selectors, turned_away
from ocpp_bridge.handshake import Caller, Reason
from ocpp_bridge.models import FailedHandshake, Frame
from ocpp_bridge.replay import Conversation
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stranger(identity: str) -> Caller:
    return Caller(identity, b"", None, ("ocpp1.6",), "203.0.113.7")


def test_the_journal_has_partitions_ahead_and_drops_the_old_ones(station):
    with clock.at(NOON - timedelta(days=40)):
        retention.make_partitions()
        Conversation(station, version="1.6").exchange(call("Heartbeat", {}))
    with clock.at(NOON):
        retention.make_partitions()
        Conversation(station, version="1.6").exchange(call("Heartbeat", {}))
        with clock.at(NOON - timedelta(days=300)):
            Conversation(station, version="1.6").exchange(call("Heartbeat", {}))
        assert Frame.objects.count() == 3
        retention.drop_old()
    assert Frame.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('ocpp_bridge_frame_20260301') is not null")
        assert cursor.fetchone() == (True,)


def test_a_frame_from_a_mad_clock_still_has_a_place(station):
    with clock.at(datetime(2036, 1, 1, tzinfo=UTC)):
        Conversation(station, version="1.6").exchange(call("Heartbeat", {}))
    assert Frame.objects.filter(at__year=2036).count() == 1


def test_failed_handshakes_are_counted_by_day_and_the_list_is_bounded(monkeypatch):
    monkeypatch.setattr(turned_away, "FAILURES_KEPT_PER_DAY", 3)
    with clock.at(NOON):
        for n in (1, 1, 2, 3, 4, 5):
            turned_away.count_failure(stranger(f"X{n}"), Reason.UNKNOWN_IDENTITY)
    with clock.at(NOON + timedelta(days=1)):
        turned_away.count_failure(stranger("X1"), Reason.UNKNOWN_IDENTITY)
    counted = {(f.day, f.identity): f.count for f in FailedHandshake.objects.all()}
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    assert counted == {
        (first, "X1"): 2,
        (first, "X2"): 1,
        (first, "X3"): 1,
        (first, turned_away.CROWD): 2,
        (second, "X1"): 1,
    }
    assert selectors.failed_handshakes(identity="X1").count() == 2


@pytest.mark.parametrize(
    ("path", "raw", "identity"),
    [
        ("/ocpp/CP-1", b"/ocpp/CP-1", ("", "CP-1")),
        ("/ocpp/RDAM 123", b"/ocpp/RDAM%20123", ("", "RDAM 123")),
        ("/ocpp/CP-1", None, ("", "CP-1")),
        ("/ocpp/northwind/CP-1", b"/ocpp/northwind/CP-1", ("northwind", "CP-1")),
        ("/ocpp/a/b", b"/ocpp/a%2Fb", ("", "a/b")),
        ("/ocpp/a:b", b"/ocpp/a%3Ab", ("", "")),
        ("/ocpp/\x00", b"/ocpp/%00", ("", "")),
        ("/ocpp/?", b"/ocpp/%ff%fe", ("", "")),
        ("/ocpp/" + "x" * 49, b"/ocpp/" + b"x" * 49, ("", "")),
    ],
)
def test_network_and_identity_are_read_from_the_path(path, raw, identity):
    scope = {"path": path, "raw_path": raw} if raw is not None else {"path": path}
    assert callers.read_path(scope) == identity


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (b"Basic Q1AtMTpzZWNyZXQ=", (b"CP-1", b"secret")),
        (b"basic Q1AtMTphOmI=", (b"CP-1", b"a:b")),
        (b"Basic ???", (b"", None)),
        (b"Bearer x", (b"", None)),
        (b"", (b"", None)),
        (b"Basic Q1AtMQ==", (b"", None)),
    ],
)
def test_the_basic_header_is_read_or_left(header, read):
    assert callers.read_basic(header) == read


def test_the_subprotocol_list_may_be_odd():
    assert handshake.choose(["", "ocpp1.5", "ocpp1.6"]).version == "1.6"
    scope = {"headers": [], "subprotocols": ["", " ocpp2.0.1 "], "path": "/ocpp/x"}
    assert callers.read_head(scope).offered == ("ocpp2.0.1",)


def test_a_bad_message_is_kept_aside_and_the_rest_of_its_batch_recorded(network, card, monkeypatch):
    from ocpp_bridge.replay import exchange_all
    from stations.models import StrayReport

    real, poison = batches.record, network.add("BAD")

    def record(reports):
        if any(report.station_id == poison.pk for report in reports):
            raise ValueError("poison")
        return real(reports)

    monkeypatch.setattr(batches, "record", record)
    good = [Conversation(network.add(f"G-{n}"), version="1.6") for n in range(4)]
    bad = Conversation(poison, version="1.6")
    stop = {"transactionId": 5, "meterStop": 1, "timestamp": NOON.isoformat()}
    talks = [good[0], good[1], bad, good[2], good[3]]
    replies = exchange_all([(talk, call("StopTransaction", stop, "s")) for talk in talks])
    assert all(reply[0].startswith('[3,"s"') for reply in replies)
    kept = StrayReport.objects.get(station=poison)
    assert kept.body["payload"]["transactionId"] == 5
    assert Frame.objects.exclude(answer="").filter(station=poison).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_migration_under_a_running_bridge_costs_one_more_try(network, card, monkeypatch):
    """A prepared plan whose result changed its type is refused for as long as its connection lives."""
    real, tries = batches.record, []

    def record(reports):
        tries.append(connection.connection)
        if len(tries) == 1:
            raise psycopg.errors.FeatureNotSupported("cached plan must not change result type")
        return real(reports)

    monkeypatch.setattr(batches, "record", record)
    conversation = Conversation(network.add("G-1"), version="1.6")
    assert conversation.exchange(call("Authorize", {"idTag": "X"}))[0].startswith("[3,")
    assert len(set(map(id, tries))) == 2


def test_our_own_trouble_is_not_answered(station, monkeypatch):
    from django.db import ProgrammingError

    def record(reports):
        raise ProgrammingError("a column is missing")

    conversation = Conversation(station, version="1.6")
    monkeypatch.setattr(batches, "record", record)
    with pytest.raises(batches.DatabaseGone):
        conversation.exchange(call("Authorize", {"idTag": "X"}))
