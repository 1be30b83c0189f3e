"""Saved cards for the town's drivers: each visits the stand-in's hosted page, as a person would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.db import connection

from accounts.models import User
from payments.selectors import cards_of
from payments.services.checkout import begin_card_setup, finish_card_setup

CARD: Final = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
DISPUTED: Final = "4000 0000 0000 0259"
"""Its bank asks the money of each charge back."""
TIMEOUT_S: Final = 15
AT_ONCE: Final = 4


class NotTheStandIn(RuntimeError):
    """The demo types card numbers only into its own stand-in."""


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def ensure_cards(drivers: Sequence[User]) -> Iterator[int]:
    """Several at a time, for each of them mostly waits for the stand-in; yields how many are done."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(_ensure_in_thread, drivers), start=1):
            yield done


def _ensure_in_thread(driver: User) -> None:
    try:
        write_lazily()
        ensure_card(driver)
    finally:
        connection.close()


def write_lazily() -> None:
    """Commits here need not wait for the disk: a past that a power cut shortens is played anew."""
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit to off")


def ensure_card(driver: User) -> None:
    """A card that pays, unless the driver has one."""
    if not cards_of(driver).exists():
        save_card(driver)


def save_card(driver: User, *, number: str = CARD["number"]) -> None:
    """Give the driver a card, by default one that pays; it is her default then. Raises NotTheStandIn."""
    url = begin_card_setup(driver=driver, return_to="/account/")
    fill_hosted_page(url, **{**CARD, "number": number})
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
