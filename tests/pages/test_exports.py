"""Lists to take along: the driver's receipts, the operator's bookings and revenue."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.ui.exports import csv_response
from scheduling.services.reservations import book
from scheduling.times import ceil_to_step
from tests.pages.town import build_town, charge

pytestmark = pytest.mark.django_db


def read(response) -> list[list[str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_a_spreadsheet_is_given_no_formula_to_run():
    rows = read(csv_response("x.csv", ["a", "b"], [["=cmd()", -5], ["-5.2", "@home"]]))
    assert rows == [["a", "b"], ["'=cmd()", "-5"], ["-5.2", "'@home"]]


def test_a_driver_takes_her_charges_along(client):
    town = build_town()
    session = charge(
        town.evse("harbour-hub", 3), started_at=clock.now() - timedelta(minutes=20), driver=town.driver
    )
    type(session).objects.filter(pk=session.pk).update(status="completed", ended_at=clock.now())
    client.force_login(town.driver)
    head, row = read(client.get("/history/?format=csv"))
    assert head[2] == "place"
    assert row[2] == "Harbour Hub"
    assert row[-1] == str(session.public_id)


def test_nobody_else_gets_them(client):
    town = build_town()
    charge(town.evse("harbour-hub", 3), started_at=clock.now() - timedelta(minutes=20), driver=town.driver)
    client.force_login(town.owner)
    assert len(read(client.get("/history/?format=csv"))) == 1


def test_an_operator_takes_a_days_bookings_along(client):
    town = build_town()
    start_at = ceil_to_step(clock.now() + timedelta(hours=1))
    booked = book(
        evse=town.evse("harbour-hub", 2), driver=town.driver, start_at=start_at,
        end_at=start_at + timedelta(minutes=45), energy_wh=30_000,
    )  # fmt: skip
    client.force_login(town.owner)
    day = start_at.astimezone(ZoneInfo("Europe/Copenhagen")).date()
    _head, row = read(client.get(f"/operate/bookings/?day={day:%Y-%m-%d}&format=csv"))
    assert (row[0], row[1], row[6], row[7]) == (str(booked.number), "Harbour Hub", "30.0", "confirmed")


def test_revenue_is_a_file_for_those_who_may_see_money(client):
    town = build_town()
    client.force_login(town.owner)
    assert read(client.get("/operate/revenue/?format=csv"))[0][0] == "day"
    client.force_login(town.driver)
    assert client.get("/operate/revenue/?format=csv").status_code == 403
