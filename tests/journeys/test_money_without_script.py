"""Money with JavaScript off as far as our pages go: a scanned code, a bank that asks, a card that says no, a
cable that never came, a voucher, money given back. A charger over OCPP, the hosted pages, a browser, axe."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Error, expect

from core import clock
from payments.models import ChargeDetailRecord, CompanyAccount, Payment, PrepaidBalance, Refund
from payments.selectors.balances import available_minor, paid_in_minor
from payments.services.vouchers import make_vouchers
from stations.models import ChargingSession
from stations.services import pending
from tests.journeys.walking import (
    PASSWORD,
    PATIENCE_MS,
    POOR_CARD,
    agrees,
    kwh_added,
    pay_on_hosted_page,
    until,
)
from tests.payments.fleet import ADDRESS as STREET
from tests.payments.prepaid import offer

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]

WANTS_CONFIRMATION = "4000 0027 6000 3184"
ADDRESS = "ann@example.org"


@pytest.fixture
def guest(visit, place, worker, paying):
    """Somebody with a telephone that runs no script."""
    return visit(scripts=False)


def test_a_guest_scans_pays_charges_and_is_given_a_part_back(guest, visit, place, charger):
    _scan(guest, place)
    guest.hears_no_complaint()
    _send_to_payment(guest)
    pay_on_hosted_page(guest.page)
    _charge(guest, charger)
    receipt = _read_receipt(guest)
    agrees(guest.page)
    _give_back(visit(user=place.owner, scripts=False), "0.40")
    guest.page.goto(receipt)
    expect(guest.page.get_by_text("Total after what was given back")).to_be_visible()
    guest.hears_no_complaint()
    assert Refund.objects.get().status == "succeeded"


def test_a_driver_saves_a_card_and_confirms_when_the_bank_asks(visit, place, charger, worker, paying):
    sam = visit(scripts=False)
    _sign_in(sam, place.driver)
    sam.page.get_by_role("button", name="Save a payment card").click()
    pay_on_hosted_page(sam.page, WANTS_CONFIRMATION)
    _authorize(sam.page)
    expect(sam.page.get_by_text("Your card is saved.")).to_be_visible()
    _scan(sam, place)
    sam.page.get_by_role("button", name="Start, pay with Visa 3184").click()
    _authorize(sam.page)
    _charge(sam, charger)
    _read_receipt(sam)
    agrees(sam.page)


def test_a_card_that_is_declined_is_followed_by_one_that_pays(guest, place, charger):
    _scan(guest, place)
    _send_to_payment(guest)
    pay_on_hosted_page(guest.page, POOR_CARD)
    expect(guest.page.get_by_role("alert")).to_contain_text("insufficient", ignore_case=True)
    assert Payment.objects.get().status == "created", "nothing is held by a card that said no"
    pay_on_hosted_page(guest.page)
    _charge(guest, charger)
    _read_receipt(guest)
    agrees(guest.page)


def test_who_paid_and_never_plugged_in_pays_nothing_and_tries_again(guest, place, charger, monkeypatch):
    patience_s = charger.waits_for_a_car(10)
    _scan(guest, place)
    _send_to_payment(guest)
    pay_on_hosted_page(guest.page)
    expect(guest.page.get_by_role("heading", name="Starting: plug in now")).to_be_visible(timeout=PATIENCE_MS)
    charger.wait_until(lambda it: it.core.cabinet.evse(1).permit is None)
    charger.waits_for_a_car(patience_s)
    with monkeypatch.context() as impatient:
        impatient.setattr(pending, "PENDING_FOR", timedelta(0))
        impatient.setattr(pending, "WAITS_FOR", ())
        _load_until(guest, lambda: Payment.objects.get().status == "voided")
    _load_until(guest, lambda: _is_shown(guest, "The charge did not start"))
    guest.hears_no_complaint()
    guest.page.get_by_role("link", name="Try again").click()
    expect(guest.page.get_by_label("E-mail for the receipt")).to_have_value(ADDRESS)
    guest.page.get_by_role("button", name="Pay by card and start").click()
    pay_on_hosted_page(guest.page)
    _charge(guest, charger)
    _read_receipt(guest)
    agrees(guest.page)


def test_a_voucher_of_a_hotel_pays_for_its_guest(guest, place, charger):
    code = _a_voucher(place)
    _scan(guest, place)
    guest.page.get_by_text("I have a voucher").click()
    guest.page.get_by_label("Code of the voucher").fill("NOSUCHCODE")
    guest.page.get_by_role("button", name="Start with the voucher").click()
    expect(guest.page.get_by_role("alert")).to_contain_text("not valid here")
    guest.complaints.clear()  # the browser tells of the 422
    guest.hears_no_complaint()
    guest.page.get_by_label("Code of the voucher").fill(code)
    guest.page.get_by_role("button", name="Start with the voucher").click()
    _charge(guest, charger)
    _read_receipt(guest)
    guest.hears_no_complaint()
    record = ChargeDetailRecord.objects.get()
    assert (record.company.name, Payment.objects.count()) == ("Hotel Nord", 0)


def test_a_driver_tops_up_charges_from_the_balance_and_takes_back_the_rest(
    visit, place, charger, worker, paying
):
    network = offer(place.evses[0].organization).organization
    sam = visit(scripts=False)
    page = _sign_in(sam, place.driver)
    sam.goto(f"/wallet/balances/{network.slug}/")
    page.get_by_role("button", name="Top up €50.00").click()
    pay_on_hosted_page(page)
    _load_until(sam, lambda: page.get_by_text("€50.00", exact=True).is_visible())
    sam.hears_no_complaint()
    _scan(sam, place)
    page.get_by_role("button", name="Start, pay from your balance").click()
    _charge(sam, charger)
    _read_receipt(sam)
    expect(page.get_by_text("Prepaid balance")).to_be_visible()
    agrees(page)
    sam.goto(f"/wallet/balances/{network.slug}/")
    page.get_by_text("Take back what is left").click()
    page.get_by_role("button", name="back", exact=False).last.click()
    expect(page.get_by_text("goes back to the card it came from")).to_be_visible()
    sam.hears_no_complaint()
    balance = PrepaidBalance.objects.get()
    assert (paid_in_minor(balance), available_minor(balance)) == (0, 0)
    assert Refund.objects.get().amount_minor == 5000 - Payment.objects.get(paid_from=balance).captured_minor


# --- steps -----------------------------------------------------------------------------------


def _scan(visitor, place):
    """The code on the stall's sticker is this address; the charger may only just have come."""
    visitor.goto(f"/c/{place.evses[0].code}/")
    _load_until(visitor, lambda: _is_shown(visitor, "Price now"))


def _send_to_payment(guest):
    guest.page.get_by_label("E-mail for the receipt").fill(ADDRESS)
    guest.page.get_by_role("button", name="Pay by card and start").click()


def _authorize(page):
    page.get_by_role("button", name="Authorize").click(timeout=PATIENCE_MS)


def _sign_in(visitor, driver):
    page = visitor.goto("/accounts/login/?next=/account/")
    page.locator("input[type=email]").fill(driver.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Payment cards")).to_be_visible()
    return page


def _charge(visitor, charger):
    """Plug in, see it rise, stop, unplug."""
    page = visitor.page
    page.wait_for_url("**/live/**", timeout=PATIENCE_MS)
    charger.plug_in()
    _load_until(visitor, lambda: page.locator(".trio").count() == 1 and kwh_added(page) > 0.1)
    page.get_by_role("button", name="Stop charging").click()
    _load_until(visitor, lambda: _is_shown(visitor, "Done"))
    charger.unplug()


def _read_receipt(visitor) -> str:
    page = visitor.page
    _load_until(visitor, lambda: page.get_by_role("link", name="Receipt", exact=True).is_visible())
    page.get_by_role("link", name="Receipt", exact=True).click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    return page.url


def _give_back(operator, amount):
    """From the page of the charge, in two steps."""
    session = ChargingSession.objects.get()
    page = operator.goto(f"/operate/sessions/{session.public_id}/")
    page.get_by_role("link", name="Give back").click()
    page.get_by_label("Amount to give back").fill(amount)
    page.get_by_label("Reason").fill("The plug was stuck for a while.")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=f"Give €{amount} back").click()
    expect(page.get_by_text(f"€{amount} goes back to the payer")).to_be_visible()
    operator.hears_no_complaint()


def _a_voucher(place) -> str:
    hotel = CompanyAccount.objects.create(
        organization=place.evses[0].organization, name="Hotel Nord", email="hotel@example.org", **STREET
    )
    (voucher,) = make_vouchers(
        actor=place.owner,
        company=hotel,
        count=1,
        cost_center="Guests",
        valid_until=clock.now() + timedelta(days=1),
        charges_allowed=1,
    )
    return voucher.code


def _is_shown(visitor, heading) -> bool:
    return visitor.page.get_by_role("heading", name=heading).is_visible()


def _load_until(visitor, is_true):
    def after_loading() -> bool:
        with suppress(Error):  # it was about to load itself anew
            visitor.page.reload()
        return is_true()

    until(after_loading, visitor.page)
