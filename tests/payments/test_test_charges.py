"""A test charge of an installer: energy flows, and nobody is ever asked for money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from payments.models import ChargeDetailRecord, Payment
from payments.selectors.unbilled import needed_since
from payments.services.billing import bill_session
from payments.services.holding import hold_for_session
from payments.services.recovery import settle_payments
from payments.services.showing import final_cost
from stations.models import ChargingSession, DailyUsage, StartAttempt
from stations.selectors_overview import figures
from stations.services import sessions, usage
from tests.factories import MembershipFactory
from tests.payments.stories import NOON, statuses
from tests.stations.telling import Storyteller, begin, begin2, finish, update2

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_test(story):
    """A test charge that was asked for, and its station to tell of it."""
    station = story.evse.station
    type(station).objects.filter(pk=station.pk).update(is_connected=True)
    session = sessions.request_start(evse=story.evse, purpose="test")
    return session, Storyteller(station), story.evse


def test_a_test_charge_is_never_billed_also_not_by_the_sweep(story):
    test = story.session(energy_wh=2000, driver=False, purpose="test")
    assert bill_session(session_id=test.pk) is None
    settle_payments()
    assert ChargeDetailRecord.objects.count() == 0
    assert needed_since() is None


def test_no_money_is_held_for_a_test_even_when_somebody_shows_a_card_at_it(story, stand_in):
    story.give_card("pm_card_visa")
    test = story.session(status="active", purpose="test")
    assert hold_for_session(session_id=test.pk) is None
    assert (Payment.objects.count(), statuses(stand_in)) == (0, [])


def test_the_display_of_the_charger_is_told_no_cost(story):
    test = story.session(energy_wh=2000, driver=False, purpose="test", transaction_id="tx9")
    assert final_cost(station_id=test.station_id, transaction_id="tx9") is None


def test_an_odd_test_waits_for_nobody(story):
    test = story.session(energy_wh=2000, driver=False, purpose="test", review_reasons=["begin_zero"])
    assert not test.needs_review


def test_a_test_is_a_test_when_the_charger_begins_it(a_test):
    session, told, evse = a_test
    told(begin(evse_number=evse.number, token_uid=session.start_token))
    session.refresh_from_db()
    assert (session.status, session.purpose) == ("active", "test")
    assert StartAttempt.objects.get(session=session).door == "test"


def test_a_test_takes_over_what_the_plug_has_begun(a_test):
    session, told, evse = a_test
    told(begin2("tx1", evse_number=evse.number, token_uid=""))
    told(update2("tx1", evse_number=evse.number, token_uid=session.start_token))
    assert ChargingSession.objects.get(transaction_id="tx1").purpose == "test"


def test_a_test_that_begins_after_it_was_given_up_is_still_a_test(a_test):
    session, told, evse = a_test
    sessions.request_stop(session=session)
    [answer] = told(begin(evse_number=evse.number, token_uid=session.start_token))
    told(finish(answer.number))
    late = ChargingSession.objects.get(number=answer.number)
    assert (late.purpose, late.status) == ("test", "completed")
    assert bill_session(session_id=late.pk) is None


def test_tests_are_in_no_figure(story):
    story.session(energy_wh=2000, driver=False, purpose="test", transaction_id="tx9")
    charge = story.session(energy_wh=5000)
    usage.refresh_session_day(session_id=charge.pk)
    assert DailyUsage.objects.get().energy_wh == 5000
    usage.rebuild()
    assert (DailyUsage.objects.get().sessions, DailyUsage.objects.get().energy_wh) == (1, 5000)
    member = MembershipFactory(organization=story.evse.organization)
    with clock.at(NOON + timedelta(hours=2)):
        assert figures(member.user, time_zone="UTC").energy_today_wh == 5000


def test_what_a_test_would_have_cost_is_not_revenue(story):
    test = story.session(energy_wh=2000, driver=False, purpose="test", transaction_id="tx9")
    bill_session(session_id=test.pk)
    record = bill_session(session_id=story.session(energy_wh=1000).pk)
    assert [row.total_gross for row in ChargeDetailRecord.objects.all()] == [record.total_gross]
    assert record.total_gross == Decimal("0.50")
