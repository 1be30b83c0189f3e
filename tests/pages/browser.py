"""A Chromium found on this machine, and what is asked of every page that is looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from embedded import browser

# What htmx says of a refetch that a click on a link cut short; a request that failed is told by the browser.
CUT_SHORT = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
NO_BROWSER = "No Chromium was found: install one, or name it in FORECOURT_CHROMIUM."
SHOTS = Path(os.environ.get("FORECOURT_SCREENSHOTS", Path(__file__).parent / "screenshots"))
SIDE_SCROLL = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE, DESK = 390, 1440
WIDTHS = {PHONE: 844, DESK: 1100}
Theme = Literal["dark", "light"]
Rules = dict[str, str | list[str]]
AXE = Axe()
EVERYTHING: Rules = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLORS: Rules = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What a theme can spoil; the rest is the same in the dark."""


def launch(playwright: Playwright) -> Browser:
    """Headless, with an empty profile. Uses Playwright's own when none is installed."""
    return playwright.chromium.launch(executable_path=browser.find(), args=browser.arguments())


@contextmanager
def running_browser() -> Iterator[Browser]:
    """One Chromium; the test fails when there is none."""
    # Playwright's synchronous API runs an event loop in this thread; the ORM calls here are not async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        try:
            running = launch(playwright)
        except Error as problem:
            pytest.fail(f"{NO_BROWSER} ({problem.message.splitlines()[0]})")
        yield running
        running.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@dataclass
class Visitor:
    """Somebody at a page, who notices what is wrong with it."""

    page: Page
    url: str
    width: int
    theme: Theme
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
        """No console message, no accessibility violation, no side scroll; leaves pictures.

        On a phone and at a desk, in light and in dark. `whole` makes the window as tall as the page first,
        so that what is fixed stands at its foot.
        """
        self.page.wait_for_timeout(150)
        first = self.width
        for width in WIDTHS:
            self.turn(width, "light")
            self._look(name, whole=whole, rules=EVERYTHING)
            self.turn(width, "dark")
            self._look(name, whole=whole, rules=COLORS)
        self.turn(first, "light")
        assert self.complaints == []

    def _look(self, name: str, *, whole: bool, rules: Rules) -> None:
        self.picture(name, whole=whole)
        assert self.side_scroll() <= 0, f"{name} scrolls sideways by {self.side_scroll()} px at {self.width}"
        assert self.violations(rules) == [], f"{name}, {self.width}, {self.theme}"

    def hears_no_complaint(self) -> None:
        """What `is_pleased` asks, on this screen alone: for journeys, whose pages are looked at elsewhere."""
        self.page.wait_for_load_state()  # its words are there before its style sheet is
        assert self.side_scroll() <= 0, f"{self.page.url} scrolls sideways at {self.width}"
        assert self.violations(EVERYTHING) == [], self.page.url
        assert self.complaints == []

    def turn(self, width: int, theme: Theme) -> None:
        """Look at the same page on another screen."""
        self.width, self.theme = width, theme
        self.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        # Reduced motion: no color is caught halfway between the themes.
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    def picture(self, name: str, *, whole: bool = True) -> None:
        """For eyes: where nobody looks (CI), it would only take time."""
        if os.environ.get("CI"):
            return
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

    def violations(self, rules: Rules) -> list[str]:
        """What axe has against the page, one line each with the elements meant."""
        options = {"resultTypes": ["violations"], "runOnly": rules}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.axe_script)
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
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
