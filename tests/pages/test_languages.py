"""German words, dates and money for a German reader, on the pages and in the mails."""

from __future__ import annotations

import pytest
from django.core import mail

from accounts.models import User
from tests.pages.browser import DESK
from tests.pages.town import build_town


@pytest.mark.django_db
def test_the_browsers_language_is_the_pages(client):
    build_town()
    page = client.get("/", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).content.decode()
    assert '<html lang="de"' in page
    assert "8 Orte" in page

    assert "0,49" in page or "0,39" in page


@pytest.mark.django_db
def test_the_chosen_language_wins_over_the_browsers_and_is_kept_for_mails(client):
    town = build_town()
    client.force_login(town.driver)
    client.post("/account/language/", {"language": "de", "next": "/account/"})
    assert User.objects.get(pk=town.driver.pk).locale == "de"
    assert "Ihre Autos" in client.get("/account/", headers={"accept-language": "en-US"}).content.decode()


@pytest.mark.django_db
def test_a_language_that_is_not_offered_changes_nothing(client):
    town = build_town()
    client.force_login(town.driver)
    client.post("/account/language/", {"language": "xx"})
    assert User.objects.get(pk=town.driver.pk).locale == "en"


@pytest.mark.django_db
def test_signing_up_on_a_german_page_means_german_mails(client):
    form = {"email": "ada@example.org", "password1": "a long enough one"}
    client.post("/accounts/signup/", form, headers={"accept-language": "de"})
    assert User.objects.get(email="ada@example.org").locale == "de"
    assert mail.outbox[0].subject == "Bitte bestätigen Sie Ihre E-Mail-Adresse"


@pytest.mark.django_db
def test_signing_in_brings_the_persons_own_language(client):
    town = build_town()
    User.objects.filter(pk=town.driver.pk).update(locale="de")
    client.post("/accounts/login/", {"login": "sam@example.org", "password": "a long enough one"})
    assert "Ihre Autos" in client.get("/account/", headers={"accept-language": "en-US"}).content.decode()


@pytest.mark.django_db
def test_operators_are_spoken_to_in_their_language_too(client):
    town = build_town()
    client.force_login(town.owner)
    page = client.get("/operate/", headers={"accept-language": "de"}).content.decode()
    assert '<html lang="de"' in page
    assert "Braucht Sie" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_german_words_fit_on_a_phone(visit, transactional_db):
    visitor = visit(user=build_town().driver)
    visitor.page.set_extra_http_headers({"Accept-Language": "de"})
    for path in ("/", "/sites/harbour-hub/", "/account/", "/bookings/", "/charge/"):
        visitor.goto(path)
        visitor.is_pleased(f"german-{path.strip('/').replace('/', '-') or 'find'}", whole=path != "/")
        visitor.has_reflow_at_320()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_german_words_fit_on_the_operators_pages(visit, transactional_db):
    visitor = visit(DESK, user=build_town().owner)
    visitor.page.set_extra_http_headers({"Accept-Language": "de"})
    for path in ("/operate/", "/operate/chargers/", "/operate/sessions/", "/operate/power/"):
        visitor.goto(path)
        visitor.is_pleased(f"german-{path.strip('/').replace('/', '-')}")
