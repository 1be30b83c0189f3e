"""A Chromium found on this machine, and what is asked of every page that is looked at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

# What htmx says of a refetch that a click on a link cut short; a request that failed is told by the browser.
CUT_SHORT = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
NO_BROWSER = "No Chromium was found: install one, or name it in FORECOURT_CHROMIUM."
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
SHOTS = Path(os.environ.get("FORECOURT_SCREENSHOTS", Path(__file__).parent / "screenshots"))
SIDE_SCROLL = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = {390: 844, 1440: 1100}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def find_chromium() -> str | None:
    """The path in FORECOURT_CHROMIUM, or an installed Chromium or Chrome; None when there is none."""
    named = os.environ.get("FORECOURT_CHROMIUM")
    if named:
        return named
    return next((path for path in map(shutil.which, NAMES) if path), None)


def launch(playwright: Playwright) -> Browser:
    """Headless, offline-minded, with an empty profile. Uses Playwright's own when none is installed."""
    return playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))


@contextmanager
def running_browser() -> Iterator[Browser]:
    """One Chromium; the test fails when there is none."""
    # Playwright's synchronous API runs an event loop in this thread; the ORM calls here are not async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as problem:
            pytest.fail(f"{NO_BROWSER} ({problem.message.splitlines()[0]})")
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@dataclass
class Visitor:
    """Somebody at a page, who notices what is wrong with it."""

    page: Page
    url: str
    width: int
    theme: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "status of 4" not in text and not text.startswith(CUT_SHORT):
            self.complaints.append(f"console {kind}: {text}")

    def goto(self, path: str) -> Page:
        self.page.goto(self.url + path)
        self.page.evaluate("document.fonts.ready")
        return self.page

    def is_pleased(self, name: str, *, whole: bool = True) -> None:
        """No console message, no accessibility violation, no side scroll; leaves a picture.

        `whole` makes the window as tall as the page first, so that what is fixed stands at its foot.
        """
        self.page.wait_for_timeout(150)
        self.picture(name, whole=whole)
        assert self.complaints == []
        assert self.side_scroll() <= 0, f"{name} scrolls sideways by {self.side_scroll()} px"
        assert self.violations() == []

    def picture(self, name: str, *, whole: bool = True) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        height = self.page.evaluate("document.documentElement.scrollHeight") if whole else 0
        self.page.set_viewport_size({"width": self.width, "height": max(WIDTHS[self.width], height)})
        self.page.screenshot(path=SHOTS / f"{name}-{self.width}-{self.theme}.png")
        self.page.set_viewport_size({"width": self.width, "height": WIDTHS[self.width]})

    def side_scroll(self) -> int:
        page = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return int(page)

    def violations(self) -> list[str]:
        """What axe has against the page, one line each with the elements meant."""
        options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{one['id']} ({one['help']}): " + "; ".join(node["html"][:160] for node in one["nodes"][:4])
            for one in found
        ]

    def has_reflow_at_320(self) -> None:
        """WCAG 1.4.10: nothing is lost on a very narrow phone."""
        self.page.set_viewport_size({"width": 320, "height": 640})
        self.page.wait_for_timeout(100)
        assert self.side_scroll() <= 0, f"scrolls sideways by {self.side_scroll()} px at 320 px"
        self.page.set_viewport_size({"width": self.width, "height": WIDTHS.get(self.width, 844)})
