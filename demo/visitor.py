"""A browser without a screen: cookies, links and forms, no script. Loopback only."""

from __future__ import annotations

from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

TIMEOUT_S: Final = 15


class _StopAtOthers(HTTPRedirectHandler):
    """Follows redirects within the site; an address elsewhere is where the visitor stands then."""

    def redirect_request(
        self, req: Request, fp: object, code: int, msg: str, headers: object, newurl: str
    ) -> Request | None:
        same = urlsplit(newurl).netloc == urlsplit(req.full_url).netloc
        return Request(newurl) if same else None  # noqa: S310 - same site


class _Forms(HTMLParser):
    """The forms of a page: (action, fields)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
        elif tag == "input" and self.found and given.get("name") and given.get("type") != "submit":
            self.found[-1][1][given["name"]] = given.get("value", "")


class Visitor:
    """Walks one site. `text` is the page last seen."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        self.text = ""
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), _StopAtOthers)

    def get(self, address: str) -> str:
        """Open a page; answers the address that it ended at."""
        return self._open(Request(self._whole(address)))  # noqa: S310 - http(s) of our own site

    def submit(self, address: str, *, action_ends: str, **fields: str) -> str:
        """Open a page and send its form whose action ends so; answers where that leads.

        Raises LookupError when the page has no such form.
        """
        here = self.get(address)
        forms = _Forms()
        forms.feed(self.text)
        for action, hidden in forms.found:
            if urlsplit(action).path.endswith(action_ends):
                body = urlencode({**hidden, **fields}).encode()
                headers = {"Referer": here}
                return self._open(Request(urljoin(here, action), data=body, headers=headers))  # noqa: S310
        raise LookupError(f"{here} has no form that leads to {action_ends}.")

    def _open(self, request: Request) -> str:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                self.text = answer.read().decode()
                return str(answer.geturl())
        except HTTPError as answer:
            elsewhere = answer.headers.get("Location")
            if answer.code in (302, 303) and elsewhere:
                return elsewhere
            raise

    def _whole(self, address: str) -> str:
        return address if address.startswith("http") else self.site + address
