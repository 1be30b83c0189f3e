"""Find a Chromium for the browser tests: installed, else from apt (root on Debian), else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PACKAGES: Final = ("chromium-headless-shell", "chromium")
"""Debian's, the light one first: a page costs it a quarter of what it costs a whole browser."""
NAMES: Final = (*PACKAGES, "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_PLACES: Final = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # A whole browser would load pages of its own for the address bar of each window, which nobody sees.
    # It hears only the last such list, so what Playwright turns off for its own sake is named again.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsUpgrades,MediaRouter,OptimizationHints,PaintHolding,"
    "ThirdPartyStoragePartitioning",
)


def arguments() -> list[str]:
    """What the browser is started with: no talk of its own to the network; root needs it without sandbox."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def find() -> Path | None:
    """The browser's program: FORECOURT_CHROMIUM, the PATH, where a Mac keeps it, Playwright's own."""
    if chosen := os.environ.get("FORECOURT_CHROMIUM"):
        return Path(chosen) if Path(chosen).exists() else None
    on_path = [Path(found) for name in NAMES if (found := shutil.which(name))]
    places = [*on_path, *(place for place in MAC_PLACES if place.exists()), *_playwrights_own()]
    return places[0] if places else None


def install() -> Path | None:
    """Try to get one, quietly; None when this machine cannot."""
    for attempt in (_by_apt, _by_playwright):
        if attempt() and (found := find()):
            return found
    return None


def _playwrights_own() -> list[Path]:
    """The Chromium that `playwright install` downloaded, if any."""
    script = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    if not Path(sys.executable).with_name("playwright").exists():
        return []
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    path = Path(told.stdout.strip() or "/nonexistent")
    return [path] if path.exists() else []


def _by_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    return _quietly(["apt-get", "update", "-qq"], environment) and any(
        _quietly([*install, package], environment) for package in PACKAGES
    )


def _by_playwright() -> bool:
    return _quietly([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _quietly(argv: list[str], environment: dict[str, str]) -> bool:
    log = subprocess.DEVNULL
    return subprocess.call(argv, env=environment, stdin=log, stdout=log, stderr=log) == 0
