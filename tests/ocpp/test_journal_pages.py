"""The journal is searched, paged by key, followed live and saved; secrets stay out of it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge import journal_search, recordings
from ocpp_bridge.journal_search import Search, TooMuch, find, find_all
from ocpp_bridge.models import Frame
from tests.factories import MembershipFactory, StationFactory

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon():
    with clock.at(NOW):
        yield


@pytest.fixture
def member(network):
    return MembershipFactory(organization=network.organization).user


def heard(station, action, *, ago_s, answer="{}", message_id="", payload="{}", took_ms=12) -> Frame:
    """A message of the station, and our answer to it."""
    at = NOW - timedelta(seconds=ago_s)
    message_id = message_id or f"m{ago_s}"
    return Frame.objects.create(
        station=station, at=at, direction="in", message_id=message_id, action=action,
        body=f'[2,"{message_id}","{action}",{payload}]',
        answer=answer if answer.startswith("[") or not answer else f'[3,"{message_id}",{answer}]',
        answered_at=at + timedelta(milliseconds=took_ms) if answer else None,
    )  # fmt: skip


def asked(station, action, *, ago_s, answer="") -> None:
    """A call of ours, and what the station said to it a second later."""
    at = NOW - timedelta(seconds=ago_s)
    message_id = f"c{ago_s}"
    about = {"station": station, "message_id": message_id}
    Frame.objects.create(
        at=at, direction="out", action=action, body=f'[2,"{message_id}","{action}",{{}}]', **about
    )
    if answer:
        Frame.objects.create(at=at + timedelta(seconds=1), direction="in", body=answer % message_id, **about)


@pytest.fixture
def story(station):
    heard(station, "BootNotification", ago_s=50, payload='{"chargePointVendor":"Acme"}')
    heard(station, "StatusNotification", ago_s=40, answer='[4,"m40","OccurenceConstraintViolation","",{}]')
    asked(station, "Reset", ago_s=30, answer='[4,"%s","NotSupported","no reset here",{}]')
    asked(station, "GetConfiguration", ago_s=20, answer='[3,"%s",{"unknownKey":["Wanted"]}]')
    asked(station, "UnlockConnector", ago_s=10)
    return station


def actions(**looked_for) -> list[str]:
    return [talk.action for talk in find(Search(**looked_for), limit=50)]


@pytest.mark.parametrize(
    ("looked_for", "found"),
    [
        ({}, ["UnlockConnector", "GetConfiguration", "Reset", "StatusNotification", "BootNotification"]),
        ({"direction": "out"}, ["UnlockConnector", "GetConfiguration", "Reset"]),
        ({"action": "reset"}, ["Reset"]),
        ({"text": "acme"}, ["BootNotification"]),
        ({"text": "wanted"}, ["GetConfiguration"]),
        ({"text": "acme wanted"}, []),
        ({"only_errors": True}, ["Reset", "StatusNotification"]),
        ({"since": NOW - timedelta(seconds=25), "until": NOW - timedelta(seconds=15)}, ["GetConfiguration"]),
    ],
)
def test_what_a_search_finds(story, looked_for, found):
    assert actions(station_ids=[story.pk], **looked_for) == found


def test_requests_stand_with_their_answers_and_the_time_between(story):
    talks = {talk.action: talk for talk in find(Search(station_ids=[story.pk]), limit=50)}
    assert (talks["BootNotification"].took_ms, talks["BootNotification"].is_error) == (12, False)
    assert (talks["Reset"].took_ms, talks["Reset"].is_error) == (1000, True)
    assert talks["UnlockConnector"].answer is None


def test_a_page_takes_two_queries_and_the_next_one_follows_it(story, django_assert_max_num_queries):
    search = Search(station_ids=[story.pk])
    for n in range(3):  # at one instant: the row decides
        heard(story, "Heartbeat", ago_s=60, message_id=f"h{n}")
    with django_assert_max_num_queries(6):
        find(search, limit=2)  # two, and what the transaction and its time-out need
    pages = list(find_all(search, at_once=2))
    assert [len(page) for page in pages] == [2, 2, 2, 2]
    ids = [talk.id for page in pages for talk in page]
    assert len(set(ids)) == 8
    assert ids == [talk.id for talk in find(search, limit=50)]


def test_a_search_that_takes_too_long_is_given_up(story, monkeypatch, client, member):
    monkeypatch.setattr(journal_search, "PATIENCE_MS", 1)
    slow = find.__globals__["_requests"]
    monkeypatch.setattr(
        journal_search, "_requests", lambda search: slow(search).extra(where=["pg_sleep(0.05) is not null"])
    )
    with pytest.raises(TooMuch):
        find(Search(station_ids=[story.pk]), limit=5)
    client.force_login(member)
    assert "too much to look through" in client.get("/operate/messages/").content.decode()


def test_a_password_is_not_shown(station):
    told = '[3,"%s",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"s3cret"}]}]'
    asked(station, "GetConfiguration", ago_s=5, answer=told)
    (talk,) = find(Search(station_ids=[station.pk]), limit=5)
    assert "s3cret" not in str(talk)


# --- pages -----------------------------------------------------------------------------------


def page(client, query="", path="/operate/messages/") -> str:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_member_searches_her_network_and_no_other(client, member, story):
    foreign = StationFactory(identity="FOREIGN")
    heard(foreign, "Heartbeat", ago_s=3)
    client.force_login(member)
    assert "Heartbeat" not in page(client)
    assert "StatusNotification" in page(client, "errors=1")
    assert "UnlockConnector" not in page(client, "errors=1")
    assert "BootNotification" in page(client, f"station={story.identity.lower()}&q=acme")
    assert "BootNotification" not in page(client, "station=FOREIGN")
    assert client.get(f"/operate/chargers/{foreign.identity}/messages/").status_code == 404


def test_pages_without_script_lead_from_one_to_the_next(client, member, station):
    for n in range(60):
        heard(station, f"Act{n:02d}", ago_s=n + 1)
    client.force_login(member)
    path = f"/operate/chargers/{station.identity}/messages/"
    first = page(client, path=path)
    assert "Act49" in first
    assert "Act50" not in first
    link = first.partition('rel="next" href="')[2].partition('"')[0].partition("?")[2].replace("&amp;", "&")
    second = page(client, link, path=path)
    assert "Act50" in second
    assert "Act49" not in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    "query",
    [
        "before=nonsense",
        "before=2026-03-01T12:00:00~7",
        "since=99&until=x",
        "direction=up",
        "q=%00",
        "rows=x",
    ],
)
def test_an_odd_address_filters_nothing_odd(client, member, story, query):
    client.force_login(member)
    assert "Messages" in page(client, query)


def test_following_asks_again_every_other_second_also_without_script(client, member, story):
    client.force_login(member)
    text = page(client, "tail=1")
    assert "every 2s" in text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "every 2s" not in page(client)


@pytest.mark.django_db(transaction=True)
def test_what_is_found_is_saved_as_json_lines_and_csv(client, member, story):
    client.force_login(member)
    answer = client.get(f"/operate/messages/export/?station={story.identity}&errors=1")
    rows = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert [(row["action"], row["is_error"]) for row in rows] == [
        ("Reset", True), ("StatusNotification", True),
    ]  # fmt: skip
    assert rows[0]["answer"][2] == "NotSupported"
    answer = client.get(f"/operate/messages/export/?format=csv&station={story.identity}")
    table = list(csv.DictReader(b"".join(answer).decode().splitlines()))
    assert [row["result"] for row in table] == ["none", "ok", "error", "error", "ok"]


@pytest.mark.django_db(transaction=True)
def test_a_recording_is_saved_for_replay(client, member, story):
    client.force_login(member)
    answer = client.get(f"/operate/chargers/{story.identity}/messages/recording/")
    assert answer["Content-Disposition"] == 'attachment; filename="CP-1.conversation.jsonl"'
    found = recordings.read(b"".join(answer).decode().splitlines())
    assert len(found.lines) == 9
    assert found.station["identity"] == story.identity
