"""The life of a command row, and who gets to send it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import clock
from core.models import DomainEvent
from stations.command_kinds import Reset, Trigger
from stations.models import StationCommand
from stations.services import commands
from tests.factories import NOON, StationFactory
from tests.stations.telling import after

pytestmark = pytest.mark.django_db


@pytest.fixture
def command(station):
    return commands.request(station=station, kind=Reset(is_hard=True))


def claim(station, connection_no=1):
    return commands.claim_next(station_id=station.pk, connection_no=connection_no)


def test_a_command_is_queued_with_its_words_and_its_end(command):
    assert (command.status, command.kind, command.params) == ("queued", "reset", {"is_hard": True})
    assert commands.read(command) == Reset(is_hard=True)
    assert command.expires_at > command.created_at


def test_commands_are_claimed_oldest_first_and_once(station, command):
    second = commands.request(station=station, kind=Trigger(message="status"))
    assert [claim(station).pk, claim(station).pk] == [command.pk, second.pk]
    assert claim(station) is None


def test_an_expired_command_is_not_sent(station, command):
    with clock.at(after(180)):
        assert claim(station) is None
        assert commands.expire_due() == 1
    command.refresh_from_db()
    assert command.status == "expired"
    assert answered().payload["status"] == "expired"


def answered():
    return DomainEvent.objects.filter(type="stations.CommandAnswered").latest("id")


def test_the_first_answer_counts(station, command):
    claim(station)
    assert commands.record_answer(command_id=command.pk, outcome="accepted", word="Accepted", answer={})
    assert not commands.record_answer(command_id=command.pk, outcome="rejected", word="Rejected")
    command.refresh_from_db()
    assert (command.status, command.answer_word) == ("accepted", "Accepted")
    assert DomainEvent.objects.filter(type="stations.CommandAnswered").count() == 1


def test_a_late_answer_still_counts(station, command):
    claim(station)
    assert commands.record_timeout(command_id=command.pk)
    assert commands.record_answer(command_id=command.pk, outcome="accepted")
    command.refresh_from_db()
    assert command.status == "accepted"


def test_an_answer_to_what_was_never_sent_is_nobodys(command):
    assert not commands.record_answer(command_id=command.pk, outcome="accepted")


def test_an_unknown_outcome_is_refused(station, command):
    with pytest.raises(commands.NoSuchOutcome):
        commands.record_answer(command_id=command.pk, outcome="maybe")


def test_what_a_dead_process_sent_times_out(station, command):
    claim(station)
    with clock.at(after(180)):
        assert commands.time_out_unanswered() == 1


def test_the_database_refuses_a_status_that_disagrees_with_its_times(command):
    with pytest.raises(IntegrityError), transaction.atomic():
        StationCommand.objects.filter(pk=command.pk).update(status="accepted")


def test_the_database_refuses_a_command_that_ends_before_it_begins(command):
    with pytest.raises(IntegrityError), transaction.atomic():
        StationCommand.objects.filter(pk=command.pk).update(expires_at=NOON - timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_eight_claimers_and_two_hundred_commands_give_two_hundred_claims():
    station = StationFactory()
    for _ in range(200):
        commands.request(station=station, kind=Reset(), expires_in=timedelta(hours=1))

    def claim_all(_: int) -> list[int]:
        try:
            return [found.pk for found in iter(lambda: claim(station), None)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        claimed = [pk for found in threads.map(claim_all, range(8)) for pk in found]
    assert len(claimed) == len(set(claimed)) == 200
