"""What an operator does to tariffs: the next version, where it holds and when, and who may."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import AuditEntry
from core import clock
from payments.models import Tariff, TariffAssignment
from payments.services import tariff_desk, tariff_rules
from payments.services.pricing import tariff_for
from payments.services.tariffs import TariffConflict, assign_tariff, create_tariff, end_assignment
from tests.factories import EvseFactory, MembershipFactory, StationFactory

ENERGY = {"type": "ENERGY", "price": "0.50", "vat": "19", "step_size": 1}
KWH = [{"price_components": [ENERGY]}]
DEARER = [{"price_components": [{**ENERGY, "price": "0.60"}]}]
TOMORROW = timedelta(days=1)


@pytest.fixture
def desk(db):
    return a_desk()


def a_desk():
    """An owner, a stall of 22 kW in Germany, and a tariff that holds nowhere."""
    member = MembershipFactory(organization__country_code="DE")
    station = StationFactory(
        location__organization=member.organization, location__name="Hub", location__country_code="DE"
    )
    tariff = create_tariff(organization=member.organization, name="Day", elements=KWH)
    return member.user, tariff, station.evses.get()


def acts(tariff) -> list[str]:
    subject = tariff_desk.subject_of(tariff)
    return list(AuditEntry.objects.filter(subject=subject).order_by("pk").values_list("action", flat=True))


def test_a_change_makes_the_next_version_and_says_who_changed_what(desk):
    user, tariff, _evse = desk
    tariff_desk.put_to_work(actor=user, tariff=tariff)
    revised = tariff_desk.change(actor=user, tariff=tariff, elements=DEARER, name="Day")
    assert (revised.public_id, revised.version, revised.elements) == (tariff.public_id, 2, DEARER)
    entry = AuditEntry.objects.get(subject=tariff_desk.subject_of(tariff), action="tariff.change")
    assert entry.actor == user
    assert entry.changes["before"] == {"elements": KWH}
    assert entry.changes["after"] == {"elements": DEARER}


def test_the_same_prices_in_other_letters_make_no_version(desk):
    user, tariff, _evse = desk
    same = [{"price_components": [{**ENERGY, "price": "0.5"}]}]
    fields = {"currency": "EUR", "tax_included": "YES", "name": "Day", "elements": same}
    assert tariff_desk.change(actor=user, tariff=tariff, **fields) == tariff
    assert acts(tariff) == []


def test_a_change_of_an_old_version_is_refused_and_leaves_nothing(desk):
    user, tariff, _evse = desk
    tariff_desk.put_to_work(actor=user, tariff=tariff)
    tariff_desk.change(actor=user, tariff=tariff, name="Two")
    with pytest.raises(tariff_desk.Overtaken):
        tariff_desk.change(actor=user, tariff=tariff, name="Other")
    assert Tariff.objects.filter(public_id=tariff.public_id).count() == 2


def test_a_new_version_takes_over_wherever_the_old_one_holds(desk):
    user, tariff, evse = desk
    tariff_desk.put_to_work(actor=user, tariff=tariff)
    tariff_desk.put_to_work(actor=user, tariff=tariff, evse=evse)
    revised = tariff_desk.change(actor=user, tariff=tariff, elements=DEARER)
    later = clock.now() + TOMORROW
    assert tariff_desk.take_over(actor=user, tariff=revised, starts_at=later) == 2
    assert tariff_for(evse) == tariff
    assert tariff_for(evse, later) == revised
    assert tariff_desk.take_over(actor=user, tariff=revised, starts_at=later) == 0


def test_a_conflict_names_what_begins_at_that_very_moment(desk):
    user, tariff, evse = desk
    later = clock.now() + TOMORROW
    planned = tariff_desk.put_to_work(actor=user, tariff=tariff, evse=evse, starts_at=later)
    with pytest.raises(TariffConflict) as refused:
        tariff_desk.put_to_work(actor=user, tariff=tariff, evse=evse, starts_at=later)
    assert refused.value.planned == planned


def test_a_price_is_slipped_in_before_a_planned_one_and_canceled_without_a_gap(desk):
    user, tariff, evse = desk
    dearer = create_tariff(organization=evse.organization, name="Event", elements=DEARER)
    tariff_desk.put_to_work(actor=user, tariff=tariff, evse=evse)
    planned = tariff_desk.put_to_work(
        actor=user, tariff=tariff, evse=evse, starts_at=clock.now() + 3 * TOMORROW
    )
    start = clock.now() + TOMORROW
    event = tariff_desk.put_to_work(actor=user, tariff=dearer, evse=evse, starts_at=start)
    assert (event.during.lower, event.during.upper) == (start, planned.during.lower)
    assert tariff_for(evse, start) == dearer
    assert tariff_for(evse, planned.during.lower) == tariff
    tariff_desk.end(actor=user, assignment=event)
    assert tariff_for(evse, start) == tariff


# --- a version by which nobody was priced


def test_a_version_that_has_held_nowhere_is_changed_itself(desk):
    user, tariff, _evse = desk
    written_at = tariff.created_at
    changed = tariff_desk.change(actor=user, tariff=tariff, elements=DEARER)
    assert (changed.pk, changed.version, changed.elements) == (tariff.pk, 1, DEARER)
    assert changed.created_at > written_at
    assert acts(tariff) == ["tariff.change"]


def test_so_is_one_that_is_only_planned_and_what_was_overridden_for_it_binds_again(desk):
    user, tariff, evse = desk
    tariff_desk.put_to_work(actor=user, tariff=tariff, starts_at=clock.now() + TOMORROW)
    tariff_desk.override_rule(actor=user, tariff=tariff, rule="afir_start_fee", reason="fleet yard")
    assert tariff_desk.change(actor=user, tariff=tariff, elements=DEARER).version == 1
    assert tariff_for(evse, clock.now() + 2 * TOMORROW).elements == DEARER
    assert tariff_rules.overridden(tariff) == {}


@pytest.mark.parametrize("was", ["used", "holding", "over", "about to hold"])
def test_one_by_which_somebody_may_have_been_priced_is_final(desk, was):
    user, tariff, _evse = desk
    ago = clock.now() - 2 * TOMORROW
    if was == "used":
        Tariff.objects.filter(pk=tariff.pk).update(used_at=clock.now())
        tariff.refresh_from_db()
    elif was == "about to hold":
        assign_tariff(tariff=tariff, starts_at=clock.now() + timedelta(seconds=20))
    else:
        held = assign_tariff(tariff=tariff, starts_at=ago)
        assert was == "holding" or end_assignment(assignment=held, at=ago + TOMORROW)
    assert tariff_desk.change(actor=user, tariff=tariff, elements=DEARER).version == 2
    tariff.refresh_from_db()
    assert tariff.elements == KWH


def test_two_who_change_the_same_draft_do_not_overwrite_each_other(desk):
    user, tariff, _evse = desk
    as_read = Tariff.objects.get(pk=tariff.pk)
    tariff_desk.change(actor=user, tariff=tariff, name="First")
    with pytest.raises(tariff_desk.Overtaken):
        tariff_desk.change(actor=user, tariff=as_read, name="Second")
    assert Tariff.objects.get(public_id=tariff.public_id).name == "First"


@pytest.mark.django_db(transaction=True)
def test_a_version_is_put_to_work_or_changed_but_never_both_at_once():
    """Ten times: whoever comes first, what holds is what was written when it began to hold."""
    user, _tariff, evse = a_desk()
    for round_ in range(10):
        draft = create_tariff(organization=evse.organization, name=f"T{round_}", elements=KWH)
        together, done = threading.Barrier(2), []

        def apart(act, together=together, done=done):
            together.wait()
            try:
                done.append(act())
            finally:
                connection.close()

        acts_of_two = (
            lambda draft=draft: assign_tariff(tariff=draft, evse=evse),
            lambda draft=draft: tariff_desk.change(actor=user, tariff=draft, elements=DEARER),
        )
        threads = [threading.Thread(target=apart, args=(act,)) for act in acts_of_two]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(done) == 2
        changed = next(one for one in done if isinstance(one, Tariff))
        held = next(one for one in done if isinstance(one, TariffAssignment))
        if changed.version == 1:
            assert changed.created_at <= held.during.lower
        else:
            assert Tariff.objects.get(pk=draft.pk).elements == KWH


def test_what_is_planned_can_be_canceled_and_the_former_goes_on(desk):
    user, tariff, evse = desk
    former = tariff_desk.put_to_work(actor=user, tariff=tariff)
    later = clock.now() + TOMORROW
    planned = tariff_desk.put_to_work(actor=user, tariff=tariff, starts_at=later)
    tariff_desk.end(actor=user, assignment=planned)
    former.refresh_from_db()
    assert former.during.upper is None
    assert tariff_for(evse, later) == tariff
    assert acts(tariff)[-1] == "tariff.end"


def test_what_holds_ends_now_and_ending_it_again_changes_nothing(desk):
    user, tariff, evse = desk
    tariff_desk.put_to_work(actor=user, tariff=tariff, evse=evse, starts_at=clock.now() - TOMORROW)
    running = TariffAssignment.objects.get()
    tariff_desk.end(actor=user, assignment=running)
    assert tariff_for(evse, clock.now()) is None
    assert not end_assignment(assignment=running, at=clock.now())
    assert acts(tariff).count("tariff.end") == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_assign_to_an_empty_place_at_once_one_is_told():
    _user, tariff, evse = a_desk()
    start, together = clock.now() + TOMORROW, threading.Barrier(2)
    answers = []

    def assign():
        together.wait()
        try:
            answers.append(assign_tariff(tariff=tariff, evse=evse, starts_at=start))
        except TariffConflict as conflict:
            answers.append(conflict)
        finally:
            connection.close()

    threads = [threading.Thread(target=assign) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(isinstance(answer, TariffConflict) for answer in answers) == [False, True]


def test_rules_are_read_where_the_tariff_wins(desk):
    user, tariff, slow = desk
    fast = EvseFactory(station=slow.station, number=2, name="Fast", max_power_w=150_000)
    fee = [{"price_components": [ENERGY, {**ENERGY, "type": "FLAT"}]}]
    with_fee = create_tariff(organization=tariff.organization, name="Fee", elements=fee)
    tariff_desk.put_to_work(actor=user, tariff=with_fee)
    (finding,) = tariff_rules.broken_rules(with_fee)
    assert finding.places == ("Fast",)
    tariff_desk.put_to_work(actor=user, tariff=tariff, evse=fast)
    assert tariff_rules.broken_rules(with_fee) == ()


def test_rules_are_read_also_where_it_is_only_planned(desk):
    user, _tariff, evse = desk
    evse.max_power_w = 150_000
    evse.save()
    minutes = [{"price_components": [{**ENERGY, "type": "TIME", "price": "6"}]}]
    by_time = create_tariff(organization=evse.organization, name="Time", elements=minutes)
    assert tariff_rules.broken_rules(by_time) == ()
    later = clock.now() + TOMORROW
    tariff_desk.put_to_work(actor=user, tariff=by_time, location=evse.station.location, starts_at=later)
    assert len(tariff_rules.broken_rules(by_time)) == 2
