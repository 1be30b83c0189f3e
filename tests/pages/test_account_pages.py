"""Sign-in, sign-up and the account page, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts import services
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def driver():
    driver = services.sign_up(email="sam@example.org", password="a long enough one", name="Sam Abe")
    services.add_vehicle(
        user=driver,
        name="ID.4",
        battery_wh=77_000,
        max_dc_w=135_000,
        connector_standards=["IEC_62196_T2_COMBO"],
    )
    services.issue_token(uid="04A1B2C3", user=driver, label="Blue card")
    return driver


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("login", "/accounts/login/"),
        ("signup", "/accounts/signup/"),
        ("password-reset", "/accounts/password/reset/"),
        ("not-found", "/nowhere/"),
    ],
)
def test_a_stranger_can_read_every_entrance_page(visit, name, path):
    visitor = visit()
    visitor.goto(path)
    visitor.is_pleased(name)
    visitor.has_reflow_at_320()


def test_the_account_page_shows_cars_and_cards(visit, driver):
    visitor = visit(user=driver)
    page = visitor.goto("/account/")
    expect(page.get_by_text("ID.4")).to_be_visible()
    visitor.is_pleased("account")
    visitor.has_reflow_at_320()


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/password/change/", "/accounts/logout/"])
def test_the_pages_behind_the_account_page_are_in_order(visit, driver, path):
    visitor = visit(user=driver)
    visitor.goto(path)
    visitor.is_pleased("account-" + path.strip("/").replace("/", "-"))


def test_a_wrong_password_is_said_at_the_top_and_takes_the_focus(visit, driver):
    visitor = visit()
    page = visitor.goto("/accounts/login/")
    page.get_by_label("Email").fill(driver.email)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    visitor.is_pleased("login-refused")


def test_a_form_posted_after_the_log_in_expired_comes_back_filled(visit, driver):
    visitor = visit(user=driver)
    page = visitor.goto("/account/")
    page.locator("summary", has_text="Add a car").click()
    page.get_by_label("Car", exact=True).fill("Zoe")
    page.get_by_label("Battery, kWh").fill("52")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Add car").click()
    page.get_by_label("Email").fill(driver.email)
    page.get_by_label("Password").fill("a long enough one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/cars/")
    expect(page.get_by_label("Car", exact=True)).to_have_value("Zoe")
    expect(page.get_by_label("Battery, kWh")).to_have_value("52")
    page.get_by_role("button", name="Add car").click()
    page.wait_for_url("**/account/")
    assert driver.vehicles.filter(name="Zoe", battery_wh=52_000).exists()


def test_the_theme_is_kept_without_a_flash(visit):
    visitor = visit(DESK)
    page = visitor.goto("/accounts/login/")
    page.get_by_role("button", name="Dark or light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    html = page.request.get(visitor.url + "/accounts/login/").text()
    assert 'data-theme="dark"' in html
