"""The same way with JavaScript off: every step is a link or a form; news come by loading again."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from tests.journeys.walking import PATIENCE_MS, agrees, kwh_added, pay_on_hosted_page, until

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plain_page(browser, site_url):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, base_url=site_url, locale="en-US"
    )
    yield context.new_page()
    context.close()


def test_a_guest_finds_starts_pays_stops_and_gets_a_receipt(plain_page, place, charger, worker, paying):
    page = plain_page
    _go_to_the_stall(page)
    page.get_by_label("E-mail for the receipt").fill("ann@example.org")
    page.get_by_role("button", name="Pay by card and start").click()
    pay_on_hosted_page(page)
    page.wait_for_url("**/live/?t=**", timeout=PATIENCE_MS)
    charger.plug_in()
    _load_until(page, lambda: page.locator(".trio").count() == 1 and kwh_added(page) > 0.1)
    page.get_by_role("button", name="Stop charging").click()
    _load_until(page, lambda: page.get_by_role("heading", name="Done").is_visible())
    charger.unplug()
    _load_until(page, lambda: page.get_by_role("link", name="Receipt", exact=True).is_visible())
    page.get_by_role("link", name="Receipt", exact=True).click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    agrees(page)


def _go_to_the_stall(page):
    page.goto("/")
    page.get_by_role("link", name="Harbour Hub", exact=True).click()
    page.get_by_role("list", name="Stalls, live").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Stall 1")


def _load_until(page, is_true):
    def after_loading() -> bool:
        with suppress(Error):  # it was about to load itself anew
            page.reload()
        return is_true()

    until(after_loading, page)
