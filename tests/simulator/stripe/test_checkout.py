"""The hosted page: a payer with a browser and no JavaScript."""

from __future__ import annotations

import time

import pytest
import stripe

SUCCESS = "http://127.0.0.1:9999/done?session={CHECKOUT_SESSION_ID}&a=1"
PRICE = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Hold <b>"}}
CARD = {"expiry": "12 / 34", "cvc": "123", "email": "ada@example.test"}


@pytest.fixture
def session(api):
    def make(**params):
        given = {
            "mode": "payment",
            "success_url": SUCCESS,
            "cancel_url": "http://127.0.0.1:9999/back?x=1&y=2",
            "line_items": [
                {
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 2500,
                        "product_data": {"name": "Hold <b>"},
                    },
                    "quantity": 2,
                }
            ],
            "payment_intent_data": {"capture_method": "manual", "metadata": {"payment": "abc"}},
            **params,
        }
        return api.v1.checkout.sessions.create({k: v for k, v in given.items() if v is not None})

    return make


@pytest.fixture
def setup(api, session):
    customer = api.v1.customers.create({"email": "ada@example.test"})
    return session(
        mode="setup", line_items=None, payment_intent_data=None, customer=customer.id, currency="eur"
    )


def test_the_page_says_what_is_held_and_that_it_is_not_real(stand_in, session):
    status, headers, page = stand_in.get(session().url)
    assert status == 200
    assert "€50.00" in page
    assert "no real money" in page
    assert "Hold &lt;b&gt;" in page
    assert 'href="http://127.0.0.1:9999/back?x=1&amp;y=2"' in page
    assert "form-action 'self' http://127.0.0.1:9999" in headers["content-security-policy"]
    assert "<script" not in page
    assert "style=" not in page


def test_a_good_card_holds_the_amount_and_comes_back(stand_in, api, session):
    made = session()
    status, headers, _ = stand_in.post(made.url, number="4242 4242 4242 4242", **CARD)
    assert (status, headers["location"]) == (303, f"http://127.0.0.1:9999/done?session={made.id}&a=1")
    done = api.v1.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert (done.status, done.payment_status, done.customer_details.email) == (
        "complete",
        "unpaid",
        "ada@example.test",
    )
    assert (done.payment_intent.status, done.payment_intent.amount_capturable) == ("requires_capture", 5000)
    assert done.payment_intent.metadata["payment"] == "abc"
    api.v1.payment_intents.capture(done.payment_intent.id)
    assert api.v1.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_the_demo_button_needs_no_typing(stand_in, api, session):
    made = session()
    status, _, _ = stand_in.post(made.url, demo="4242424242424242", number="", expiry="", cvc="", email="")
    assert status == 303
    assert api.v1.checkout.sessions.retrieve(made.id).status == "complete"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "4000000000000002"}, "Your card was declined."),
        ({"number": "4000000000009995"}, "insufficient funds"),
        ({"number": "4000000000000069"}, "expired"),
        ({"number": "4242424242424241"}, "number is incorrect"),
        ({"number": "4111111111111111"}, "use a test card"),
        ({"number": "4242424242424242", "expiry": "01 / 20"}, "expiration year is invalid"),
        ({"number": "4242424242424242", "expiry": "13 / 34"}, "expiration month is invalid"),
        ({"number": "4242424242424242", "expiry": "soon"}, "expiration month is invalid"),
        ({"number": "4242424242424242", "cvc": "1"}, "security code is invalid"),
        ({"number": "4242424242424242", "email": "nobody"}, "e-mail"),
    ],
)
def test_a_refused_card_says_why_and_another_may_be_tried(stand_in, api, session, typed, words):
    made = session()
    status, _, page = stand_in.post(made.url, **{**CARD, **typed})
    assert status == 402
    assert words in page.replace("&#x27;", "'")
    assert 'role="alert"' in page
    assert stand_in.post(made.url, number="4242424242424242", **CARD)[0] == 303
    assert len(api.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184"])
def test_three_d_secure_asks_and_then_holds(stand_in, api, session, number):
    made = session()
    status, headers, _ = stand_in.post(made.url, number=number, **CARD)
    assert status == 303
    bank = headers["location"]
    status, _, page = stand_in.get(bank)
    assert status == 200
    assert "Authorize" in page
    status, headers, _ = stand_in.post(bank, answer="authorize")
    assert (status, headers["location"]) == (303, f"http://127.0.0.1:9999/done?session={made.id}&a=1")
    done = api.v1.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert done.payment_intent.status == "requires_capture"
    assert stand_in.get(bank)[0] == 404


def test_three_d_secure_failed_leaves_the_page_open(stand_in, api, session):
    made = session()
    bank = stand_in.post(made.url, number="4000002500003155", **CARD)[1]["location"]
    status, _, page = stand_in.post(bank, answer="fail")
    assert status == 402
    assert "unable to authenticate" in page
    assert api.v1.checkout.sessions.retrieve(made.id).status == "open"
    assert stand_in.post(made.url, number="4242424242424242", **CARD)[0] == 303


def test_pressing_twice_holds_once(stand_in, api, session):
    made = session()
    answers = [stand_in.post(made.url, number="4242424242424242", **CARD) for _ in range(2)]
    assert [(status, headers["location"]) for status, headers, _ in answers] == [
        (303, f"http://127.0.0.1:9999/done?session={made.id}&a=1")
    ] * 2
    assert len(api.v1.payment_intents.list().data) == 1


def test_a_saved_card_belongs_to_its_customer(stand_in, api, setup):
    _, _, page = stand_in.get(setup.url)
    assert "Save card" in page
    assert 'value="ada@example.test"' in page
    assert stand_in.post(setup.url, number="4242424242424242", **CARD)[0] == 303
    intent = api.v1.setup_intents.retrieve(setup.setup_intent)
    assert intent.status == "succeeded"
    cards = api.v1.payment_methods.list({"customer": setup.customer, "type": "card"}).data
    assert [card.id for card in cards] == [intent.payment_method]
    assert cards[0].card.last4 == "4242"


def test_a_guest_can_become_a_customer_whose_card_is_kept(stand_in, api, session):
    data = {"capture_method": "manual", "setup_future_usage": "off_session"}
    made = session(customer_creation="always", payment_intent_data=data)
    stand_in.post(made.url, number="4242424242424242", **CARD)
    customer = api.v1.checkout.sessions.retrieve(made.id).customer
    assert api.v1.customers.retrieve(customer).email == "ada@example.test"
    assert len(api.v1.customers.payment_methods.list(customer).data) == 1


def test_an_expired_page_holds_nothing(stand_in, api, session):
    made = api.v1.checkout.sessions.expire(session().id)
    assert (made.status, made.url) == ("expired", None)
    status, _, page = stand_in.post(f"/checkout/{made.id}", number="4242424242424242", **CARD)
    assert status == 200
    assert "expired" in page
    assert api.v1.payment_intents.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.expire(made.id)


def test_a_page_closes_by_itself(stand_in, api, session):
    made = session(expires_at=int(time.time()) + 1900)
    stand_in.pull("clock", offset_s=1901)
    assert "expired" in stand_in.get(made.url)[2]
    assert api.v1.checkout.sessions.retrieve(made.id).status == "expired"


def test_a_session_needs_what_its_mode_needs(api, session):
    for wrong in ({"line_items": None}, {"success_url": None}, {"mode": "setup"}, {"expires_at": 5}):
        with pytest.raises(stripe.InvalidRequestError):
            session(**wrong)


def test_line_items_are_listed(api, session):
    line = api.v1.checkout.sessions.line_items.list(session().id).data[0]
    assert (line.amount_total, line.quantity) == (5000, 2)
