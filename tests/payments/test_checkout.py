"""The payer's way through the hosted page or with a saved card, and what the pages say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core import mail

from core import clock
from payments.models import Payment, PaymentMethod
from payments.services.addresses import return_path
from payments.services.cards import ensure_account, forget_card, make_default
from payments.services.checkout import (
    CheckoutUnavailable,
    NoCard,
    NothingToPay,
    begin_card_setup,
    begin_checkout,
    finish_card_setup,
    pay_at_once,
)
from payments.services.looking import refresh_payment
from payments.services.recovery import settle_payments
from stations.limits import ChargeLimits
from stations.models import ChargingSession
from stations.services.pending import abandon
from tests.factories import EvseFactory
from tests.payments.stories import deliver, intents, pay_on_page, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connected(story):
    station = story.evse.station
    station.is_connected = True
    station.save()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def come_back(client, location):
    return client.get(path_of(location))


def test_a_guest_pays_on_the_hosted_page_and_the_charge_starts(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    status, headers, _ = pay_on_page(stand_in, begun.url)
    assert status == 303
    answer = come_back(client, headers["location"])
    session = ChargingSession.objects.get()
    assert answer.status_code == 302
    assert str(session.public_id) in answer["Location"]
    assert "t=" in answer["Location"]
    payment = Payment.objects.get()
    assert (payment.status, payment.session, payment.authorized_minor) == ("authorized", session, 5000)
    assert payment.email == "guest@example.org"


def test_who_scanned_the_chargers_code_starts_as_the_payment_within_what_is_held(story, stand_in, client):
    asked = ChargeLimits(energy_wh=20_000, cost=Decimal(80))
    begun = begin_checkout(evse=story.evse, email="guest@example.org", scanned=asked)
    _, headers, _ = pay_on_page(stand_in, begun.url)
    come_back(client, headers["location"])
    payment, session = Payment.objects.get(), ChargingSession.objects.get()
    [command] = session.commands.all()
    assert (command.params["token_uid"], command.params["token_type"]) == (payment.provider_ref, "payment")
    assert session.start_token == payment.provider_ref.upper()
    assert session.limits == {"energy_wh": 20_000, "cost": "50.00"}


def test_who_came_another_way_starts_as_ever(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    _, headers, _ = pay_on_page(stand_in, begun.url)
    come_back(client, headers["location"])
    session = ChargingSession.objects.get()
    assert (session.limits, session.commands.get().params["token_type"]) == ({}, "Central")


def test_who_scans_again_before_paying_may_have_chosen_other_limits(story, stand_in):
    for limits in (ChargeLimits(energy_wh=9_000), ChargeLimits(time_s=600)):
        begun = begin_checkout(evse=story.evse, guest_key="g", scanned=limits)
    assert Payment.objects.count() == 1
    assert begun.payment.scanned_limits == {"time_s": 600}
    again = begin_checkout(evse=story.evse, guest_key="g")
    assert again.payment.scanned_limits == {"time_s": 600}


def test_coming_back_twice_starts_once(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    _, headers, _ = pay_on_page(stand_in, begun.url)
    first, second = come_back(client, headers["location"]), come_back(client, headers["location"])
    assert urlsplit(first["Location"]).path == urlsplit(second["Location"]).path
    deliver()
    assert ChargingSession.objects.count() == 1


def test_a_drivers_card_is_kept_and_pays_with_one_click_next_time(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, driver=story.driver)
    pay_on_page(stand_in, begun.url)
    refresh_payment(payment_id=begun.payment.pk)
    method = PaymentMethod.objects.get()
    assert (method.account.user, method.last4, method.is_default) == (story.driver, "4242", True)
    other = EvseFactory(station=story.evse.station, number=2)
    assert pay_at_once(evse=other, driver=story.driver).payment.status == "authorized"


def test_a_declined_card_on_the_page_lets_the_payer_try_another(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    status, _, body = pay_on_page(stand_in, begun.url, number="4000000000009995")
    assert status == 402
    assert "insufficient funds" in body
    assert refresh_payment(payment_id=begun.payment.pk).status == "created"
    pay_on_page(stand_in, begun.url)
    assert refresh_payment(payment_id=begun.payment.pk).status == "authorized"


def test_a_declined_saved_card_says_what_to_do(story, stand_in, client):
    story.give_card("pm_card_chargeCustomerFail")
    begun = pay_at_once(evse=story.evse, driver=story.driver)
    page = client.get(begun.url)
    assert page.status_code == 200
    text = page.content.decode()
    assert "The card was declined" in text
    assert "another card" in text
    assert "Nothing is held on your card" in text


def test_a_bank_that_wants_a_confirmation_gets_it_before_energy_flows(story, stand_in, client):
    story.give_card("pm_card_authenticationRequired")
    begun = pay_at_once(evse=story.evse, driver=story.driver)
    assert begun.payment.status == "requires_action"
    assert begun.url.startswith(stand_in.base)
    waiting = client.get(return_path(begun.payment)).content.decode()
    assert "Please confirm the payment" in waiting
    assert begun.url in waiting
    _, headers, _ = stand_in.post(begun.url, answer="authorize")
    assert come_back(client, headers["location"]).status_code == 302
    assert ChargingSession.objects.get().driver == story.driver


def test_a_refused_confirmation_holds_nothing(story, stand_in, client):
    story.give_card("pm_card_authenticationRequired")
    begun = pay_at_once(evse=story.evse, driver=story.driver)
    _, headers, _ = stand_in.post(begun.url, answer="fail")
    come_back(client, headers["location"])
    assert ChargingSession.objects.count() == 0
    assert "requires_capture" not in statuses(stand_in)


def test_a_station_that_went_offline_releases_the_hold_and_says_so(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    _, headers, _ = pay_on_page(stand_in, begun.url)
    station = story.evse.station
    station.is_connected = False
    station.save()
    text = come_back(client, headers["location"]).content.decode()
    assert "The charge did not start" in text
    assert "choose another stall" in text
    assert statuses(stand_in) == ["canceled"]


def test_paid_and_never_plugged_in_releases_the_hold(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    _, headers, _ = pay_on_page(stand_in, begun.url)
    come_back(client, headers["location"])
    abandon(session_id=ChargingSession.objects.get().pk, reason="not_plugged_in")
    deliver()
    assert Payment.objects.get().status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_a_page_that_was_left_is_closed_by_the_sweep(story, stand_in, client):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    stand_in.pull("clock", offset_s=40 * 60)
    settle_payments()
    begun.payment.refresh_from_db()
    assert begun.payment.status == "failed"
    assert "Nothing was paid" in client.get(return_path(begun.payment)).content.decode()


def test_a_page_that_was_left_after_a_declined_card_is_closed_too(story, stand_in):
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    pay_on_page(stand_in, begun.url, number="4000000000009995")
    refresh_payment(payment_id=begun.payment.pk)
    stand_in.pull("clock", offset_s=40 * 60)
    settle_payments()
    begun.payment.refresh_from_db()
    assert begun.payment.status == "voided"


def test_a_confirmation_that_never_came_is_canceled(story, stand_in):
    story.give_card("pm_card_authenticationRequired")
    begun = pay_at_once(evse=story.evse, driver=story.driver)
    with clock.at(clock.now() + timedelta(minutes=40)):
        settle_payments()
    begun.payment.refresh_from_db()
    assert begun.payment.status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_an_outage_of_the_provider_is_said_plainly(story, stand_in):
    stand_in.pull("faults", error_before=1.0)
    with pytest.raises(CheckoutUnavailable):
        begin_checkout(evse=story.evse, email="guest@example.org")
    assert Payment.objects.get().status == "failed"


def test_where_charging_is_free_there_is_nothing_to_pay(story, stand_in):
    with pytest.raises(NothingToPay):
        begin_checkout(evse=EvseFactory())


def test_a_driver_without_a_card_is_sent_to_the_hosted_page(story, stand_in):
    with pytest.raises(NoCard):
        pay_at_once(evse=story.evse, driver=story.driver)


def test_a_stranger_cannot_guess_the_way_back(story, stand_in, client):
    begin_checkout(evse=story.evse)
    assert client.get("/pay/guess/").status_code == 404


# --- cards


def test_a_card_is_saved_on_the_hosted_page_without_paying(story, stand_in, client):
    client.force_login(story.driver)
    answer = client.post("/wallet/add/")
    assert answer["Location"].startswith(stand_in.base)
    pay_on_page(stand_in, answer["Location"])
    client.get("/wallet/saved/")
    assert PaymentMethod.objects.get().account.user == story.driver
    assert intents(stand_in) == []
    assert "Visa ···· 4242" in client.get("/wallet/").content.decode()


def test_the_newest_card_pays_until_another_is_chosen_or_it_is_removed(story, stand_in):
    first, second = story.give_card("pm_card_visa"), story.give_card("pm_card_mastercard")
    account = ensure_account(user=story.driver)
    assert account.methods.get(is_default=True) == second
    make_default(method=first)
    assert account.methods.get(is_default=True) == first
    forget_card(method=first)
    assert account.methods.get(is_default=True) == second


def test_nobody_touches_the_cards_of_others(story, stand_in, client):
    method = story.give_card("pm_card_visa")
    from tests.factories import UserFactory

    client.force_login(UserFactory())
    assert client.post(f"/wallet/{method.pk}/", {"act": "remove"}).status_code == 404
    method.refresh_from_db()
    assert method.is_usable


def test_a_lost_answer_when_introducing_a_driver_makes_no_second_customer(story, stand_in):
    stand_in.pull("faults", next=[{"match": "POST /v1/customers", "fault": "drop_after"}])
    with pytest.raises(CheckoutUnavailable):
        begin_card_setup(driver=story.driver, return_to="/")
    begin_card_setup(driver=story.driver, return_to="/")
    customers = stand_in.client().v1.customers.list({"email": story.driver.email})
    assert len(customers.data) == 1


def test_a_visit_without_a_card_saves_none(story, stand_in):
    begin_card_setup(driver=story.driver, return_to="/")
    assert finish_card_setup(driver=story.driver) is None
    assert mail.outbox == []
