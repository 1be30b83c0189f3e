"""One command for many stations: whom, how fast, in which stages, and when it halts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry
from core import clock
from stations.command_kinds import Reset, UpdateFirmware, WriteVariable
from stations.events import TransferEnded
from stations.handlers import follow_transfer
from stations.models import BulkCommand, BulkItem, ChargingStation, FileLink, StationCommand, StoredFile
from stations.selectors_bulk import items_of, progress, rows_of
from stations.services import bulk, bulk_giving, commands
from stations.services.fitting import NoSuchFile
from tests.factories import NOON, LocationFactory, MembershipFactory, StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOON):
        yield


@pytest.fixture
def member():
    return MembershipFactory()


@pytest.fixture
def many(member):
    place = LocationFactory(organization=member.organization)
    return [
        StationFactory(location=place, identity=f"S-{n:02d}", ocpp_version="1.6", vendor="Wallwerk")
        for n in range(20)
    ]


def plan(member, kind=None, **selection):
    chosen = kind or Reset()
    return bulk.Plan(user=member.user, organization=member.organization, kind=chosen, selection=selection)


def begin(member, kind=None, **options):
    return bulk.begin(plan=plan(member, kind), **{"pace_per_minute": 6000, **options})


def pass_time(seconds: float) -> None:
    """Sweep every two seconds, as the beat does, until so much has passed."""
    start = clock.now()
    for step in range(1, int(seconds / 2) + 1):
        with clock.at(start + timedelta(seconds=2 * step)):
            bulk_giving.give_out_due()


def answer_all(outcome: str = "accepted") -> None:
    for command in StationCommand.objects.filter(status="queued").order_by("pk"):
        commands.claim_next(station_id=command.station_id, connection_no=1)
        commands.record_answer(command_id=command.pk, outcome=outcome, word=outcome.title(), answer={})


def later(seconds):
    return clock.at(clock.now() + timedelta(seconds=seconds))


def test_a_rehearsal_says_who_would_be_asked_and_asks_nobody(member, many):
    ChargingStation.objects.filter(identity="S-00").update(is_connected=True)
    told = bulk.rehearse(plan=plan(member, identity_prefix="S-0"), pace=3)
    assert (told.would_ask, told.would_skip, told.offline, told.minutes) == (10, 0, 9, 3.0)
    assert not BulkCommand.objects.exists()
    assert not StationCommand.objects.exists()


def test_who_cannot_be_asked_is_left_out_and_told_why(member, many):
    ChargingStation.objects.filter(identity="S-19").update(ocpp_version="2.0.1")
    kind = WriteVariable(variable="NoComponentHere", value="1")
    told = bulk.rehearse(plan=plan(member, kind), pace=60)
    assert [station.station for station in told.stations if station.problem] == ["S-19"]
    command = begin(member, kind)
    assert progress(command).skipped == 1
    assert items_of(command).get(state="skipped").note


def test_the_pace_is_kept(member, many):
    command = begin(member, pace_per_minute=30)
    bulk_giving.give_out_due()
    assert StationCommand.objects.count() == 1
    pass_time(20)
    assert StationCommand.objects.count() == 11
    assert set(StationCommand.objects.values_list("bulk", flat=True)) == {command.pk}


def test_a_slow_pace_is_kept_as_well(member, many):
    begin(member, pace_per_minute=6)
    bulk_giving.give_out_due()
    pass_time(60)
    assert StationCommand.objects.count() == 7


def test_a_pause_is_not_made_up_for_at_once(member, many):
    begin(member, pace_per_minute=30)
    bulk_giving.give_out_due()
    with later(3600):
        bulk_giving.give_out_due()
    assert StationCommand.objects.count() <= 1 + 5


def test_stages_wait_for_the_answers_of_the_last(member, many):
    command = begin(member, stages=[10, 50])
    assert command.stages == [10, 50, 100]
    bulk_giving.give_out_due()
    pass_time(60)
    assert StationCommand.objects.count() == 2
    with later(60):
        answer_all()
        pass_time(10)
        assert StationCommand.objects.count() == 10
    with later(120):
        answer_all()
        pass_time(10)
        answer_all()
        pass_time(10)
    command.refresh_from_db()
    assert (command.status, progress(command).succeeded) == ("completed", 20)


def test_it_halts_when_too_many_fail_and_takes_back_what_has_not_left(member, many):
    command = begin(member, halt_percent=20, halt_after=3)
    bulk_giving.give_out_due()
    pass_time(4)
    first_four = list(StationCommand.objects.order_by("pk")[:4])
    for row in first_four:
        commands.claim_next(station_id=row.station_id, connection_no=1)
        commands.record_answer(command_id=row.pk, outcome="rejected", word="Rejected")
    with later(10):
        bulk_giving.give_out_due()
    command.refresh_from_db()
    assert (command.status, command.halt_reason) == ("halted", "4 of 4 stations failed.")
    assert not StationCommand.objects.filter(status="queued").exists()
    so_far = progress(command)
    assert (so_far.failed, so_far.waiting) == (4, 16)


def test_after_a_halt_it_goes_on_and_old_failures_are_forgiven(member, many):
    command = begin(member, halt_percent=50, halt_after=1)
    bulk_giving.give_out_due()
    answer_all("rejected")
    bulk_giving.give_out_due()
    command.refresh_from_db()
    assert command.status == "halted"
    assert bulk.resume(command=command, actor=member.user)
    assert not bulk.resume(command=command, actor=member.user)
    with later(10):
        bulk_giving.give_out_due()
        answer_all()
        pass_time(10)
        answer_all()
        pass_time(4)
    command.refresh_from_db()
    assert command.status == "completed"
    assert (progress(command).failed, progress(command).succeeded) == (1, 19)


def test_a_canceled_one_asks_nobody_more(member, many):
    command = begin(member)
    bulk_giving.give_out_due()
    assert bulk.cancel(command=command, actor=member.user)
    assert not bulk.cancel(command=command, actor=member.user)
    pass_time(10)
    assert not StationCommand.objects.filter(status="queued").exists()
    acts = (
        AuditEntry.objects.filter(action__startswith="bulk.").order_by("pk").values_list("action", flat=True)
    )
    assert list(acts) == ["bulk.begin", "bulk.cancel"]


@pytest.fixture
def image(member):
    return StoredFile.objects.create(
        organization=member.organization, kind="firmware", name="duo-2.5.bin", stored_as="x", size_bytes=9,
        sha256="0" * 64, version="2.5",
    )  # fmt: skip


def test_a_firmware_campaign_gives_each_charger_a_link_and_waits_for_the_installation(member, many, image):
    kind = UpdateFirmware(url=f"file:{image.file_id}")
    command = begin(member, kind, stages=[10], halt_percent=0, halt_after=1)
    bulk_giving.give_out_due()
    pass_time(6)
    first, second = StationCommand.objects.order_by("pk")
    assert first.params["url"] != second.params["url"]
    assert FileLink.objects.get(command=first).station == first.station
    with later(10):
        answer_all()
        bulk_giving.give_out_due()
        assert progress(command).under_way == 2, "accepted is only the beginning"
        for row, status in ((first, "done"), (second, "failed")):
            follow_transfer(
                TransferEnded(
                    station_id=row.station_id, organization_id=row.organization_id, at=clock.now(),
                    transfer_id=1, kind="firmware", status=status, word=status, command_id=row.pk,
                )
            )  # fmt: skip
        bulk_giving.give_out_due()
    command.refresh_from_db()
    assert (command.status, command.halt_reason) == ("halted", "1 of 2 stations failed.")
    assert (progress(command).succeeded, progress(command).waiting) == (1, 18)


def test_a_charger_that_never_tells_how_it_ended_holds_nobody_up(member, many, image):
    command = begin(member, UpdateFirmware(url=f"file:{image.file_id}"), halt_percent=100)
    bulk_giving.give_out_due()
    answer_all()
    with later(7 * 3600):
        bulk_giving.give_out_due()
    assert progress(command).failed == 1


def test_firmware_that_is_not_there_is_refused_and_others_is_never_found(member, many, image):
    StoredFile.objects.update(organization=MembershipFactory().organization)
    for url in (f"file:{image.file_id}", "file:x"):
        with pytest.raises(NoSuchFile):
            begin(member, UpdateFirmware(url=url))


def test_what_belongs_to_no_bulk_command_is_left_alone(many):
    alone = commands.request(station=many[0], kind=Reset())
    assert not bulk_giving.settle_item(command_id=alone.pk, outcome=BulkItem.Outcome.FAILED)


def test_nobody_to_ask_is_an_error(member):
    with pytest.raises(bulk.NobodyToAsk):
        begin(member)


def test_others_stations_are_never_found(member, many):
    StationFactory(identity="FOREIGN")
    assert progress(begin(member)).total == 20


def test_the_list_is_exported(member, many):
    command = begin(member)
    bulk_giving.give_out_due()
    answer_all("rejected")
    rows = list(rows_of(command))
    assert rows[0][:3] == ["station", "stage", "state"]
    assert (rows[1][0], rows[1][2], rows[1][5]) == ("S-00", "failed", "Rejected")
    assert len(rows) == 21


def test_secrets_are_gone_from_the_row_when_it_is_over(member, many):
    command = begin(member, WriteVariable(variable="AuthorizationKey", value="hush"))
    bulk.cancel(command=command, actor=member.user)
    command.refresh_from_db()
    assert command.params["value"] == "•••"


def test_the_api_rehearses_begins_shows_and_cancels(client, member, many):
    client.force_login(member.user)
    post = {"content_type": "application/json"}
    body = {"kind": "reset", "params": {"is_hard": False}, "filter": {"vendor": "wallwerk"}, "dry_run": True}
    told = client.post("/api/v1/bulk-commands/", body, **post)
    assert (told.status_code, told.json()["would_ask"]) == (200, 20)
    begun = client.post("/api/v1/bulk-commands/", {**body, "dry_run": False, "stages": [5]}, **post)
    assert (begun.status_code, begun.json()["progress"]["waiting"]) == (201, 20)
    address = f"/api/v1/bulk-commands/{begun.json()['id']}/"
    bulk_giving.give_out_due()
    assert len(client.get(f"{address}items/?state=under_way").json()["results"]) == 1
    assert client.post(f"{address}resume/", **post).status_code == 409
    assert client.post(f"{address}cancel/", **post).json()["status"] == "canceled"
    for wrong in ({"filter": {"color": "red"}}, {"params": {"is_hard": 1}}, {"kind": "x"}, {"stages": [0]}):
        assert client.post("/api/v1/bulk-commands/", {**body, **wrong}, **post).status_code == 400
    assert (
        client.post(
            "/api/v1/bulk-commands/", {**body, "filter": {"vendor": "X"}, "dry_run": False}, **post
        ).status_code
        == 400
    )


@given(st.lists(st.integers(-5, 200), max_size=8), st.integers(1, 500))
def test_every_station_is_in_one_stage_and_the_last_holds_all(stages, count):
    whole = bulk.whole_stages(stages)
    assert whole == sorted(set(whole))
    assert whole[-1] == 100
    found = [
        bulk.Found(id=n, station=str(n), ocpp_version="", is_connected=True, problem="") for n in range(count)
    ]
    items = bulk._items(BulkCommand(stages=whole), found)
    assert [item.position for item in items] == list(range(count))
    assert [item.stage for item in items] == sorted(item.stage for item in items)
    assert items[-1].stage == len(whole) - 1 or count < len(whole) * 100
