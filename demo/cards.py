"""Saved cards for the town's drivers: each visits the stand-in's hosted page, as a person would."""

from __future__ import annotations

from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from accounts.models import User
from payments.selectors import cards_of
from payments.services.checkout import begin_card_setup, finish_card_setup

CARD: Final = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
TIMEOUT_S: Final = 15


class NotTheStandIn(RuntimeError):
    """The demo types card numbers only into its own stand-in."""


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def ensure_card(driver: User) -> None:
    """A card that pays, unless the driver has one."""
    if not cards_of(driver).exists():
        save_card(driver)


def save_card(driver: User) -> None:
    """Give the driver a card that pays. Raises NotTheStandIn."""
    url = begin_card_setup(driver=driver, return_to="/account/")
    fill_hosted_page(url, **CARD)
    if finish_card_setup(driver=driver) is None:
        raise RuntimeError(f"The stand-in kept no card for {driver.email}.")


def fill_hosted_page(url: str, **fields: str) -> str:
    """Post the card form of a hosted page; answers where the browser is sent next."""
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise NotTheStandIn(url)
    request = Request(url, data=urlencode(fields).encode(), method="POST")  # noqa: S310 - checked above
    try:
        build_opener(_StayHere).open(request, timeout=TIMEOUT_S)
    except HTTPError as answer:
        if answer.code in (302, 303):
            return str(answer.headers["Location"])
        raise
    raise RuntimeError(f"The hosted page at {url} did not accept the card.")
