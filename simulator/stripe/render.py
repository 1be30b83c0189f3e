"""HTML of the hosted pages: plain, accessible, without a script. All values are escaped here."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Final

from simulator.stripe.errors import Document, StripeError
from simulator.stripe.hosted import CardForm, success_url

PAGES: Final = Path(__file__).parent / "pages"
ZERO_DECIMALS: Final = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMALS: Final = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
SIGNS: Final = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}
DEMO_CARDS: Final = (
    ("4242424242424242", "works"),
    ("4000002500003155", "asks for 3-D Secure"),
    ("4000000000000002", "is declined"),
    ("4000000000009995", "has no funds"),
)
FIELDS_OF_CODE: Final = {
    "incorrect_number": "number",
    "invalid_expiry_month": "expiry",
    "invalid_expiry_year": "expiry",
    "expired_card": "expiry",
    "incorrect_cvc": "cvc",
    "invalid_cvc": "cvc",
    "email_invalid": "email",
}


def money(amount: int, currency: str) -> str:
    """`1234, "eur"` → `€12.34`."""
    decimals = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    whole, rest = divmod(amount, 10**decimals)
    figure = f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)
    sign = SIGNS.get(currency)
    return f"{sign}{figure}" if sign else f"{figure} {currency.upper()}"


def _fill(name: str, **values: str) -> str:
    return Template((PAGES / name).read_text()).substitute(values)


def _page(title: str, body: str) -> str:
    return _fill("shell.html", title=escape(title), body=body)


def _link(url: str | None, words: str) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>' if url else ""


def checkout_page(
    session: Document, *, manual: bool, merchant: str, email: str, form: CardForm, problem: StripeError | None
) -> str:
    """The form. `email` is what is already known of the payer; `problem` says why the last card failed."""
    amount = (
        "Save a card" if session["mode"] == "setup" else money(session["amount_total"], session["currency"])
    )
    wrong = FIELDS_OF_CODE.get(problem.code or "", "number") if problem else None
    state = ' aria-invalid="true" aria-describedby="problem"'
    marks = {f"{name}_state": state if name == wrong else "" for name in ("email", "number", "expiry", "cvc")}
    body = _fill(
        "checkout.html",
        back=_link(session["cancel_url"], f"← Back to {merchant}"),
        merchant=escape(merchant),
        amount=escape(amount),
        explained=escape(_explained(session, manual, merchant)),
        lines=_lines(session),
        problem=_problem(problem),
        session=escape(session["id"]),
        email=escape(form.email or email),
        number=escape(form.number),
        expiry=escape(form.expiry),
        cvc="",
        submit=escape(_submit(session, manual, amount)),
        demo=_demo_buttons(),
        **marks,
    )
    return _page(f"{amount} · {merchant}", body)


def _explained(session: Document, manual: bool, merchant: str) -> str:
    if session["mode"] == "setup":
        return f"Nothing is charged now. {merchant} may use this card for your later charging sessions."
    if manual:
        return "This amount is held, not charged. You pay what you use; the rest is released."
    return "This amount is charged now."


def _submit(session: Document, manual: bool, amount: str) -> str:
    if session["mode"] == "setup":
        return "Save card"
    return f"Hold {amount}" if manual else f"Pay {amount}"


def _lines(session: Document) -> str:
    rows = "".join(_line(line, session["currency"]) for line in session["_lines"])
    return f'<ul class="lines">{rows}</ul>' if rows else ""


def _line(line: Document, currency: str) -> str:
    price = line["price_data"]
    cost = money(price["unit_amount"] * line["quantity"], currency)
    return f"<li><span>{escape(price['product_data']['name'])}</span><span>{escape(cost)}</span></li>"


def _problem(problem: StripeError | None) -> str:
    if problem is None:
        return ""
    text = f"{problem.message} You can try another card."
    return f'<p class="problem" id="problem" role="alert">{escape(text)}</p>'


def _demo_buttons() -> str:
    return "".join(
        f'<button type="submit" name="demo" value="{number}" formnovalidate>'
        f"{number[:4]} … {number[-4:]} {escape(words)}</button>"
        for number, words in DEMO_CARDS
    )


def authenticate_page(intent: Document, last4: str, merchant: str) -> str:
    amount = money(intent["amount"], intent["currency"]) if "amount" in intent else "Save a card"
    body = _fill(
        "authenticate.html",
        amount=escape(amount),
        last4=escape(last4),
        merchant=escape(merchant),
        intent=escape(intent["id"]),
    )
    return _page("3-D Secure", body)


def setup_page(account: Document, merchant: str) -> str:
    body = _fill(
        "setup.html",
        merchant=escape(merchant),
        email=escape(account["email"] or ""),
        account=escape(account["id"]),
        state="Payouts are set up." if account["details_submitted"] else "Nothing has been said yet.",
    )
    return _page("Set up payouts", body)


def closed_page(session: Document, merchant: str) -> str:
    if session["status"] == "complete":
        heading, explained = "Already done", "This page has been used. Nothing is charged twice."
        back = _link(success_url(session), f"Back to {merchant}")
    else:
        heading, explained = "This page has expired", "Nothing was charged. Please start again."
        back = _link(session["cancel_url"], f"Back to {merchant}")
    return _page(heading, _fill("closed.html", heading=heading, explained=explained, back=back))
