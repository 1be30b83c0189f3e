"""What the hosted pages do: a payer types a card, proves to be its holder, and is sent back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from simulator.stripe import cards, charging
from simulator.stripe.errors import CardDeclined, Document
from simulator.stripe.resources import customers, payment_intents, payment_methods, setup_intents
from simulator.stripe.world import Call, World

EXPIRY: Final = re.compile(r"^\s*(\d{1,2})\s*[/. -]?\s*(\d{2}|\d{4})\s*$", re.ASCII)
EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+$")


@dataclass(frozen=True)
class CardForm:
    """What the payer typed, as text."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    email: str = ""


def pay(world: World, session: Document, form: CardForm) -> str:
    """Ask the card for this session; answers where the browser goes next.

    Raises CardDeclined with words for the payer; the session stays open for another card.
    """
    email = _email(world, session, form)
    method = _method(world, form, email)
    session["customer_details"] = {"address": None, "email": email, "name": None, "phone": None}
    _introduce(world, session, email)
    world.store.put(method)
    intent = _intent(world, session)
    intent |= {"payment_method": method["id"], "_return_url": f"{world.origin}/checkout/{session['id']}"}
    world.store.put(session)
    intent = _ask(world, intent, authenticated=False)
    if intent["status"] == "requires_action":
        return f"{world.origin}/authenticate/{intent['id']}"
    return complete(world, session["id"])


def _email(world: World, session: Document, form: CardForm) -> str:
    if session["customer"]:
        known: str | None = customers.known(world, session["customer"])["email"]
        if known:
            return known
    email = session["customer_email"] or form.email.strip()
    if not EMAIL.match(email):
        raise CardDeclined("Enter an e-mail address for the receipt.", code="email_invalid", param="email")
    return str(email)


def _method(world: World, form: CardForm, email: str) -> Document:
    expiry = EXPIRY.match(form.expiry)
    if expiry is None:
        raise cards.declined("invalid_month", param="expiry")
    if not form.cvc.strip():
        raise cards.declined("invalid_cvc", param="cvc")
    month, year = int(expiry[1]), int(expiry[2])
    billing = {"billing_details": {"email": email}}
    return payment_methods.new_card(world, form.number.strip(), month, year, form.cvc.strip(), billing)


def _introduce(world: World, session: Document, email: str) -> None:
    """A session that wants a customer makes one; a known one without an address gets it."""
    if session["customer"] is None and session["customer_creation"] == "always":
        customer = customers.create(world, Call({"email": email}))
        session["customer"] = customer["id"]
    elif session["customer"]:
        customer = customers.known(world, session["customer"])
        world.store.put(customer | {"email": customer["email"] or email})


def _intent(world: World, session: Document) -> Document:
    if session["mode"] == "setup":
        intent = world.store.get("setup_intent", session["setup_intent"])
        return intent | {"customer": session["customer"]}
    if session["payment_intent"]:
        return world.store.get("payment_intent", session["payment_intent"])
    data = {"customer": session["customer"], "_session": session["id"]} | session["_intent_data"]
    intent = payment_intents.new_intent(world, session["amount_total"], session["currency"], **data)
    session["payment_intent"] = intent["id"]
    world.emit("payment_intent.created", world.store.put(intent))
    return intent


def _ask(world: World, intent: Document, *, authenticated: bool) -> Document:
    if intent["object"] == "setup_intent":
        return setup_intents.confirm_now(world, intent, authenticated=authenticated)
    return charging.ask_card(world, intent, off_session=False, authenticated=authenticated)


def complete(world: World, session_id: str) -> str:
    """The session is done; answers its success address."""
    session = world.store.get("checkout.session", session_id)
    session |= {"status": "complete", "url": None}
    if session["mode"] == "payment":
        intent = world.store.get("payment_intent", session["payment_intent"])
        session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
    world.store.set_deadline(session_id, None)
    world.emit("checkout.session.completed", world.store.put(session))
    return success_url(session)


def success_url(session: Document) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def authenticate(world: World, intent: Document, *, authorized: bool) -> str:
    """The payer said yes or no on the bank's page; answers where the browser goes next.

    Raises CardDeclined when a session's card does not pass (its page shows why).
    """
    try:
        if not authorized:
            raise _not_proven(world, intent)
        intent = _ask(world, intent, authenticated=True)
    except CardDeclined:
        if intent["_session"]:
            raise
        return back(intent, "failed")
    return complete(world, intent["_session"]) if intent["_session"] else back(intent, "succeeded")


def _not_proven(world: World, intent: Document) -> CardDeclined:
    method = world.store.get("payment_method", intent["payment_method"])
    if intent["object"] == "setup_intent":
        return setup_intents.refuse(world, intent, method, "not_proven")
    return charging.refuse(world, intent, method, "not_proven")


def back(intent: Document, status: str) -> str:
    """The intent's return address with what Stripe adds to it."""
    name = intent["object"]
    facts = {name: intent["id"], f"{name}_client_secret": intent["client_secret"], "redirect_status": status}
    url = str(intent["_return_url"])
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(facts)}"
