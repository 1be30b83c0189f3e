"""Pages that follow what chargers tell: a lost stall, a limit of others, a terminal's money, a template."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from payments.services.settlements import record_settlement
from scheduling.models import Reservation
from scheduling.services.reservations import book
from scheduling.services.smart_charging import replan
from scheduling.times import ceil_to_step
from stations.models import ChargingStation, Connector
from stations.services import charging_reports
from stations.services.configuration import save_template
from stations.services.device import store_variables
from tests.pages.browser import DESK
from tests.pages.town import build_town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUARTER = timedelta(minutes=15)


@pytest.fixture
def town(transactional_db):
    return build_town()


def test_a_driver_whose_stall_is_out_of_order_is_offered_others(visit, town):
    start_at = ceil_to_step(clock.now() + 2 * QUARTER)
    evse = town.evse("harbour-hub", 2)
    booked = book(evse=evse, driver=town.driver, start_at=start_at, end_at=start_at + 4 * QUARTER)
    Connector.objects.filter(evse=evse).update(status="faulted")
    Reservation.objects.filter(pk=booked.pk).update(lost_stall_at=clock.now())
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    assert page.get_by_role("heading", name="This stall is out of order").is_visible()
    assert page.get_by_role("button", name="Take stall").first.is_visible()
    visitor.is_pleased("booking-lost-stall")


def test_the_power_page_says_who_limits_what(visit, town):
    station = town.evse("harbour-hub", 1).station
    bound = {"start_at": clock.now().isoformat(), "end_at": None, "limit_a": 16.5}
    charging_reports.note_limit(
        station_id=station.pk, evse_number=0, source="SO", is_grid_critical=True, bounds=[bound]
    )
    replan(location_id=station.location_id)
    visitor = visit(DESK, user=town.owner)
    page = visitor.goto("/operate/power/?site=harbour-hub")
    assert page.get_by_text("Grid operator", exact=True).first.is_visible()
    visitor.is_pleased("power-outer-limit")


def test_a_terminals_money_that_differs_waits_for_a_person(visit, town):
    record_settlement(
        organization_id=town.evse("harbour-hub", 1).organization_id,
        reference="psp-4711",
        status="settled",
        amount=Decimal("9.40"),
        session_id=None,
    )
    visitor = visit(DESK, user=town.owner)
    page = visitor.goto("/operate/revenue/")
    visitor.is_pleased("revenue-differing")
    page.get_by_role("button", name="I have looked").click()
    page.wait_for_load_state()
    assert page.get_by_text("psp-4711").count() == 0


def test_differences_are_rehearsed_before_they_are_sent(visit, town):
    station = town.evse("harbour-hub", 1).station
    ChargingStation.objects.filter(pk=station.pk).update(vendor="Wallwerk", ocpp_version="1.6")
    said = {"variable": "HeartbeatInterval", "value": "60", "mutability": "ReadWrite"}
    store_variables(station_id=station.pk, variables=[said])
    template = save_template(
        organization=station.organization,
        name="Wallwerk",
        vendor="Wallwerk",
        settings={"HeartbeatInterval": "300"},
    )
    visitor = visit(DESK, user=town.owner)
    page = visitor.goto(f"/operate/templates/{template.pk}/send/")
    assert page.get_by_text("HeartbeatInterval = 300").is_visible()
    visitor.is_pleased("send-differences")
