"""The pages of tariffs, asked by a client: what is kept, what comes back, and who is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from core import clock
from payments.models import CustomerGroup, Tariff, TariffAssignment
from payments.rating.tariff import DAYS
from payments.services import checkout, tariff_desk
from payments.services.tariff_rules import blocking_rules
from payments.services.tariffs import assign_tariff, create_tariff, revise_tariff
from tests.factories import LocationFactory, MembershipFactory, StationFactory

ENERGY = {"type": "ENERGY", "price": "0.50", "vat": "19", "step_size": 1}
KWH = [{"price_components": [ENERGY]}]
BY_POWER = [{"price_components": [ENERGY], "restrictions": {"min_power": "16"}}, *KWH]
FORM = {
    "name": "Day and night",
    "currency": "eur",
    "tax_included": "YES",
    "vat": "19",
    "per_kwh": "0,59",
    "idle_per_minute": "0.10",
    "idle_grace_minutes": "10",
    "step_s": "60",
    "hold": "60",
    "bands-TOTAL_FORMS": "1",
    "bands-INITIAL_FORMS": "0",
    "bands-0-days": ["MONDAY", "SUNDAY"],
    "bands-0-start": "22:00",
    "bands-0-end": "06:00",
    "bands-0-per_kwh": "0.39",
    "sample-start_at": "2026-11-02T23:00",
    "sample-minutes": "30",
    "sample-kwh": "10",
    "sample-idle": "20",
}
NEW = "/operate/tariffs/new/"


@pytest.fixture
def owner(client, db):
    member = MembershipFactory(organization__country_code="DE", organization__currency="EUR")
    client.force_login(member.user)
    return member


@pytest.fixture
def tariff(owner):
    return create_tariff(organization=owner.organization, name="Day", elements=KWH)


def page_of(tariff, name="tariff"):
    return reverse(f"payments:{name}", args=[tariff.public_id])


def test_a_tariff_is_made_in_an_operators_words(client, owner):
    answer = client.post(NEW, FORM)
    made = Tariff.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(made))
    assert (made.currency, made.hold_minor, made.idle_grace_minutes) == ("EUR", 6000, 10)
    assert made.elements[0]["restrictions"]["day_of_week"] == ["MONDAY", "SUNDAY"]
    prices = {part["type"]: part["price"] for part in made.elements[1]["price_components"]}
    assert prices == {"ENERGY": "0.59", "PARKING_TIME": "6"}
    text = client.get(page_of(made)).content.decode()
    assert "22:00–24:00" in text
    assert '<td class="shade-1">0.39</td>' in text


def test_a_tariff_says_what_a_reservation_costs_and_what_not_coming_does(client, owner):
    fees = {"reservation_fee": "2", "reserved_per_hour": "4", "missed_fee": "5,00"}
    client.post(NEW, FORM | fees)
    made = Tariff.objects.get()
    text = client.get(page_of(made)).content.decode()
    for words in ("Reservation fee", "Reserved time", "Fee for not coming"):
        assert words in text
    again = client.get(page_of(made, "tariff_change")).content.decode()
    assert 'name="missed_fee" value="5"' in again


def test_prices_of_reservations_alone_are_no_tariff(client, owner):
    answer = client.post(
        NEW, FORM | {"per_kwh": "", "idle_per_minute": "", "bands-TOTAL_FORMS": "0", "missed_fee": "5"}
    )
    assert answer.status_code == 422
    assert not Tariff.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vat": ""}, "Write the rate"),
        ({"currency": "€"}, "three letters"),
        ({"min_price": "9", "max_price": "5"}, "below the minimum"),
        ({"bands-0-end": ""}, "required"),
        ({"bands-0-days": []}, "required"),
        ({"per_kwh": "0.123456"}, "decimal places"),
        ({"bands-TOTAL_FORMS": "0", "per_kwh": "", "idle_per_minute": ""}, "at least one price"),
        ({"bands-TOTAL_FORMS": "x"}, "ManagementForm"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_all_that_was_typed(client, owner, change, words):
    answer = client.post(NEW, FORM | change)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert 'value="Day and night"' in text
    assert not Tariff.objects.exists()


def test_another_band_is_added_without_a_script_and_nothing_is_lost(client, owner):
    text = client.post(NEW, FORM | {"add_band": "1"}).content.decode()
    assert 'name="bands-1-per_kwh"' in text
    assert 'value="0.39"' in text
    assert not Tariff.objects.exists()


def test_an_empty_or_removed_band_is_none(client, owner):
    empty = {"bands-TOTAL_FORMS": "2", "bands-1-days": list(DAYS), "bands-1-per_kwh": ""}
    client.post(NEW, FORM | empty | {"bands-0-DELETE": "on"})
    assert len(Tariff.objects.get().elements) == 1


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_the_preview_is_priced_by_the_real_rating(client, owner, headers):
    answer = client.post(NEW, FORM | {"preview": "1"}, **headers)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "€3.90" in text  # Monday 23:00: 10 kWh at the band's price
    assert "€4.90" in text  # and ten of twenty idle minutes
    assert ("<h1>" in text) is not bool(headers)
    assert not Tariff.objects.exists()


def test_a_preview_of_what_is_half_typed_says_so(client, owner):
    answer = client.post(NEW, FORM | {"preview": "1", "vat": "x"}, HTTP_HX_REQUEST="true")
    assert (answer.status_code, "Not complete yet" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "x"])
def test_a_moment_out_of_this_century_is_refused_everywhere(client, tariff, moment):
    answer = client.post(NEW, FORM | {"preview": "1", "sample-start_at": moment}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    assert client.post(page_of(tariff, "tariff_assign"), {"starts_at": moment}).status_code == 422


def test_a_change_begins_with_what_holds_and_makes_the_next_version(client, tariff):
    assign_tariff(tariff=tariff)
    text = client.get(page_of(tariff, "tariff_change")).content.decode()
    assert 'value="0.50"' in text
    assert "Save as version 2" in text
    client.post(page_of(tariff, "tariff_change"), FORM | {"version": "1"})
    assert Tariff.objects.filter(public_id=tariff.public_id).count() == 2


def test_what_has_held_nowhere_is_changed_itself_unless_somebody_was_faster(client, tariff):
    address = page_of(tariff, "tariff_change")
    text = client.get(address).content.decode()
    assert "saving changes this version" in text
    as_read = {"version": "1", "read_at": tariff.created_at.isoformat()}
    answer = client.post(address, FORM | as_read, follow=True)
    assert "Version 1 is changed" in answer.content.decode()
    assert client.post(address, FORM | as_read | {"per_kwh": "0.7"}).status_code == 422
    for odd in ("yesterday", "2026-01-01T00:00:00"):
        client.post(address, FORM | {"version": "1", "per_kwh": "0.8", "read_at": odd})
    assert Tariff.objects.get().elements[-1]["price_components"][0]["price"] == "0.8"


def test_two_who_change_at_once_do_not_overwrite_each_other(client, tariff):
    assign_tariff(tariff=tariff)
    client.post(page_of(tariff, "tariff_change"), FORM | {"version": "1"})
    answer = client.post(page_of(tariff, "tariff_change"), FORM | {"version": "1", "per_kwh": "0.7"})
    assert answer.status_code == 422
    assert "newer version" in answer.content.decode()
    assert Tariff.objects.count() == 2


def test_what_the_form_cannot_say_is_written_as_ocpi(client, owner):
    tariff = create_tariff(organization=owner.organization, name="Power", elements=BY_POWER)
    text = client.get(page_of(tariff, "tariff_change")).content.decode()
    assert "min_power" in text
    assert 'name="per_kwh"' not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"currency": "EUR",\n "elements" []}', "Line 2, column 13"),
        ("[]", "Write one tariff"),
        ('{"currency": "EUR"}', "&#x27;elements&#x27; is missing"),
        (json.dumps({"currency": "EUR", "elements": KWH, "colour": 1}), "colour"),
        (json.dumps({"currency": "EUR", "elements": KWH, "x_idle_grace_s": 90}), "whole minutes"),
        (json.dumps({"currency": "EUR", "elements": KWH, "x_idle_grace_s": 864000}), "a day at most"),
        (json.dumps({"currency": "EUR", "elements": [{"price_components": [{"type": "X"}]}]}), "elements[0]"),
    ],
)
def test_ocpi_text_comes_back_with_its_exact_error(client, tariff, text, words):
    answer = client.post(
        page_of(tariff, "tariff_change") + "?as=ocpi", {"name": "D", "hold": "5", "text": text}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Tariff.objects.count() == 1


def test_ocpi_text_is_kept_exactly(client, tariff):
    wanted = {"currency": "EUR", "elements": BY_POWER, "x_idle_grace_s": 600}
    said = {"name": "Power", "hold": "50", "text": json.dumps(wanted)}
    assign_tariff(tariff=tariff)
    client.post(page_of(tariff, "tariff_change") + "?as=ocpi", said)
    made = Tariff.objects.get(version=2)
    assert (made.elements, made.idle_grace_minutes) == (BY_POWER, 10)


def test_it_is_put_to_work_from_a_moment_on_and_canceled(client, tariff):
    station = StationFactory(location__organization=tariff.organization)
    evse = station.evses.get()
    later = timezone.localtime(clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    said = {"site": station.location_id, "stall": evse.code.lower(), "starts_at": later}
    assert client.post(page_of(tariff, "tariff_assign"), said).status_code == 302
    planned = TariffAssignment.objects.get()
    assert planned.evse == evse
    refused = client.post(page_of(tariff, "tariff_assign"), {"stall": evse.evse_id, "starts_at": later})
    assert refused.status_code == 422
    assert "at this very moment" in refused.content.decode()
    slipped_in = client.post(page_of(tariff, "tariff_assign"), {"stall": evse.evse_id}, follow=True)
    assert "when what was planned before takes over" in slipped_in.content.decode()
    TariffAssignment.objects.exclude(pk=planned.pk).delete()
    client.post(reverse("payments:assignment_end", args=[planned.pk]))
    assert not TariffAssignment.objects.exists()


def test_a_place_that_cannot_be_and_a_moment_that_passed_are_refused(client, tariff):
    said = {"stall": "nowhere", "starts_at": "2020-01-01T00:00"}
    text = client.post(page_of(tariff, "tariff_assign"), said).content.decode()
    assert "No stall of yours" in text
    assert "has passed" in text
    assert 'value="nowhere"' in text


def test_a_stall_of_another_network_cannot_be_named(client, tariff):
    foreign = StationFactory().evses.get()
    answer = client.post(page_of(tariff, "tariff_assign"), {"stall": foreign.code})
    assert answer.status_code == 422
    answer = client.post(page_of(tariff, "tariff_assign"), {"site": foreign.station.location_id})
    assert answer.status_code == 422
    answer = client.post(page_of(tariff, "tariff_assign"), {"charger": foreign.station.identity})
    assert answer.status_code == 422
    group = CustomerGroup.objects.create(organization=foreign.organization, name="Theirs")
    assert client.post(page_of(tariff, "tariff_assign"), {"group": group.pk}).status_code == 422


def test_it_holds_at_one_charger_and_for_one_group(client, tariff):
    station = StationFactory(location__organization=tariff.organization)
    group = CustomerGroup.objects.create(organization=tariff.organization, name="Residents")
    said = {"charger": station.identity.lower(), "group": group.pk}
    client.post(page_of(tariff, "tariff_assign"), said)
    held = TariffAssignment.objects.get()
    assert (held.station, held.group, held.evse, held.location) == (station, group, None, None)
    for address in (page_of(tariff), reverse("payments:tariffs")):
        assert "Residents" in client.get(address).content.decode()
    other = StationFactory(location=station.location).evses.get()
    both = {"charger": station.identity, "stall": other.code}
    answer = client.post(page_of(tariff, "tariff_assign"), both)
    assert "not of that charger" in answer.content.decode()


def test_a_new_version_takes_over_from_its_page(client, tariff):
    assign_tariff(tariff=tariff)
    client.post(page_of(tariff, "tariff_change"), FORM | {"version": "1"})
    assert "Take over there" in client.get(page_of(tariff)).content.decode()
    client.post(page_of(tariff, "tariff_take_over"), {"starts_at": ""})
    newest = TariffAssignment.objects.get(during__endswith=None)
    assert newest.tariff.version == 2
    assert "Take over there" not in client.get(page_of(tariff)).content.decode()


def test_tariffs_are_taken_along_as_ocpi(client, tariff):
    one = client.get(page_of(tariff, "tariff_export")).json()
    assert (one["id"], one["elements"]) == (str(tariff.public_id), KWH)
    assert client.get("/operate/tariffs/export.json").json() == [one]


def test_a_finding_stands_on_the_page_and_is_told_when_it_is_put_to_work(client, owner):
    station = StationFactory(location__organization=owner.organization, location__country_code="DE")
    station.evses.update(max_power_w=150_000)
    fee = create_tariff(
        organization=owner.organization,
        name="Fee",
        elements=[{"price_components": [ENERGY, {**ENERGY, "type": "FLAT"}]}],
    )
    text = client.post(page_of(fee, "tariff_assign"), {}, follow=True).content.decode()
    assert "speaks against it" in text
    assert "Article 5(4)" in text
    assert "Set no start fee" in text


@pytest.mark.parametrize("role", ["viewer", "support", "operator"])
def test_whoever_does_not_manage_money_sees_and_cannot_change(client, owner, tariff, role):
    owner.user.memberships.update(role=role)
    held = assign_tariff(tariff=tariff)
    text = client.get(page_of(tariff)).content.decode()
    assert "Put it to work" not in text
    assert page_of(tariff, "tariff_change") not in text
    for name in ("tariff_change", "tariff_assign", "tariff_take_over"):
        assert client.post(page_of(tariff, name), FORM).status_code == 403
    assert client.post(reverse("payments:assignment_end", args=[held.pk])).status_code == 403
    assert client.post(NEW, FORM).status_code == 403
    assert Tariff.objects.count() == 1


def test_finance_may_change(client, owner, tariff):
    owner.user.memberships.update(role="finance")
    assert client.get(page_of(tariff, "tariff_change")).status_code == 200


def test_the_page_asks_few_questions(client, tariff, django_assert_max_num_queries):
    for _ in range(3):
        station = StationFactory(location__organization=tariff.organization)
        assign_tariff(tariff=tariff, evse=station.evses.get())
    with django_assert_max_num_queries(17):
        client.get(page_of(tariff))


# --- rules and overrides ---------------------------------------------------------------------


@pytest.fixture
def fast(owner):
    """A 150 kW stall in Germany with a start fee, which AFIR does not allow ad hoc."""
    place = LocationFactory(organization=owner.organization, country_code="DE")
    evse = StationFactory(location=place, is_connected=True).evses.get()
    evse.max_power_w = 150_000
    evse.save()
    evse.connectors.update(status="available")
    fee = {"type": "FLAT", "price": "1", "vat": "19", "step_size": 1}
    tariff = create_tariff(
        organization=owner.organization, name="With fee", elements=[{"price_components": [ENERGY, fee]}]
    )
    assign_tariff(tariff=tariff, evse=evse, starts_at=clock.now() - timedelta(days=1))
    return evse, tariff


def as_guest(evse):
    return Client(), reverse("scheduling:start", args=[evse.code])


def test_a_price_against_the_rules_is_not_sold_to_guests(fast):
    evse, _tariff = fast
    guest, path = as_guest(evse)
    page = guest.get(path).content.decode()
    assert "for drivers with an account only" in page
    assert "Pay by card and start" not in page
    assert guest.post(path, {}).status_code == 403
    with pytest.raises(checkout.NotForGuests):
        checkout.begin_checkout(evse=evse, guest_key="g")


def test_a_driver_with_an_account_may_pay_it(fast, client, owner):
    evse, _tariff = fast
    page = client.get(reverse("scheduling:start", args=[evse.code])).content.decode()
    assert "Pay by card and start" in page


def test_an_owner_overrides_a_rule_with_a_reason_and_takes_it_back(fast, client, owner):
    evse, tariff = fast
    override, withdraw = page_of(tariff, "tariff_override"), page_of(tariff, "tariff_withdraw")
    client.post(override, {"rule": "start_fee", "reason": " "})
    assert [rule.rule for rule in blocking_rules(evse, tariff)] == ["start_fee"]
    client.post(override, {"rule": "start_fee", "reason": "Fleet yard, no ad hoc by contract"})
    assert blocking_rules(evse, tariff) == ()
    assert "Fleet yard" in client.get(page_of(tariff)).content.decode()
    guest, path = as_guest(evse)
    assert "Pay by card and start" in guest.get(path).content.decode()
    client.post(withdraw, {"rule": "start_fee"})
    assert len(blocking_rules(evse, tariff)) == 1
    acts = AuditEntry.objects.filter(action__startswith="tariff.override").values_list("action", flat=True)
    assert sorted(acts) == ["tariff.override", "tariff.override_end"]


def test_an_override_is_of_one_version(fast, owner):
    evse, tariff = fast
    tariff_desk.override_rule(actor=owner.user, tariff=tariff, rule="start_fee", reason="for now")
    newer = revise_tariff(tariff=tariff, name="With fee, again")
    assert len(blocking_rules(evse, newer)) == 1


def test_finance_may_not_override(fast, client, owner):
    evse, tariff = fast
    client.force_login(MembershipFactory(organization=owner.organization, role="finance").user)
    answer = client.post(page_of(tariff, "tariff_override"), {"rule": "start_fee", "reason": "please"})
    assert (answer.status_code, len(blocking_rules(evse, tariff))) == (403, 1)
