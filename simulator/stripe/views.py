"""The hosted pages over HTTP: `/checkout/<session>` and `/authenticate/<intent>`."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulator.stripe import deadlines, hosted, render
from simulator.stripe.errors import CardDeclined, Document, StripeError
from simulator.stripe.hosted import CardForm
from simulator.stripe.resources import accounts, customers
from simulator.stripe.world import World


class HostedPages:
    """The views, on one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def checkout(self, request: Request) -> Response:
        """GET shows the form; POST asks the card and redirects (303), or shows the form with the reason."""
        session = self._session(request.path_params["id"])
        if session is None:
            return _nothing_here()
        if session["status"] != "open":
            return self._closed(request, session)
        if request.method != "POST":
            return self._form(session, CardForm(), None)
        form = await _read(request)
        return self._pay(session, form)

    def _session(self, session_id: str) -> Document | None:
        with self.world.store.transaction():
            deadlines.sweep(self.world)
        return _of_kind(self.world.store.any(session_id), "checkout.session")

    def _closed(self, request: Request, session: Document) -> Response:
        """A second click on the button goes where the first one went; nothing happens twice."""
        if request.method == "POST" and session["status"] == "complete":
            return RedirectResponse(hosted.success_url(session), 303)
        return HTMLResponse(render.closed_page(session, self.world.merchant), headers=_headers(session))

    def _pay(self, session: Document, form: CardForm) -> Response:
        with self.world.store.transaction():
            try:
                target = hosted.pay(self.world, session, form)
            except CardDeclined as refusal:
                problem: StripeError = refusal
            else:
                return RedirectResponse(target, 303)
        return self._form(session, form, problem)

    def _form(self, session: Document, form: CardForm, problem: StripeError | None) -> Response:
        manual = (session.get("_intent_data") or {}).get("capture_method") == "manual"
        page = render.checkout_page(
            session,
            manual=manual,
            merchant=self.world.merchant,
            email=self._known_email(session),
            form=form,
            problem=problem,
        )
        return HTMLResponse(page, 402 if problem else 200, headers=_headers(session))

    def _known_email(self, session: Document) -> str:
        known = session["customer_email"]
        if session["customer"]:
            known = customers.known(self.world, session["customer"])["email"]
        return known or ""

    async def setup(self, request: Request) -> Response:
        """A connected account's owner says who they are, and where their money goes."""
        account = _of_kind(self.world.store.any(request.path_params["id"]), "account")
        if account is None:
            return _nothing_here()
        headers = _policy(account.get("_return_url"))
        if request.method != "POST":
            return HTMLResponse(render.setup_page(account, self.world.merchant), headers=headers)
        with self.world.store.transaction():
            accounts.finish(self.world, account)
        return RedirectResponse(account.get("_return_url") or "/", 303)

    async def authenticate(self, request: Request) -> Response:
        """The bank's page: Authorize or Fail."""
        intent = self._waiting(request.path_params["id"])
        if intent is None:
            return _nothing_here()
        if request.method != "POST":
            method = self.world.store.get("payment_method", intent["payment_method"])
            page = render.authenticate_page(intent, method["card"]["last4"], self.world.merchant)
            return HTMLResponse(page, headers=self._bank_headers(intent))
        answer = (await request.form()).get("answer")
        return self._answered(intent, authorized=answer == "authorize")

    def _waiting(self, intent_id: str) -> Document | None:
        found = self.world.store.any(intent_id)
        intent = _of_kind(found, "payment_intent") or _of_kind(found, "setup_intent")
        return intent if intent and intent["status"] == "requires_action" else None

    def _answered(self, intent: Document, *, authorized: bool) -> Response:
        with self.world.store.transaction():
            try:
                target = hosted.authenticate(self.world, intent, authorized=authorized)
            except CardDeclined as refusal:
                problem = refusal
            else:
                return RedirectResponse(target, 303)
        session = self.world.store.get("checkout.session", intent["_session"])
        return self._form(session, CardForm(), problem)

    def _bank_headers(self, intent: Document) -> dict[str, str]:
        if intent["_session"]:
            return _headers(self.world.store.get("checkout.session", intent["_session"]))
        return _policy(intent["_return_url"])


def _nothing_here() -> Response:
    return HTMLResponse("<!doctype html><title>Nothing here</title><p>Nothing waits for you here.", 404)


def _of_kind(document: Document | None, kind: str) -> Document | None:
    return document if document and document["object"] == kind else None


async def _read(request: Request) -> CardForm:
    sent = await request.form()
    form = CardForm(*(str(sent.get(name) or "") for name in ("number", "expiry", "cvc", "email")))
    if demo := str(sent.get("demo") or ""):
        return CardForm(demo, "12/34", "123", form.email or "driver@example.test")
    return form


def _headers(session: Document) -> dict[str, str]:
    return _policy(session["success_url"])


def _policy(target: str | None) -> dict[str, str]:
    """Redirects after a form count for `form-action`, so the merchant's origin is named."""
    parts = urlsplit(target or "")
    origin = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self'{origin}; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
