"""`./forecourt test`: find the browser, then hand over to pytest with all that follows."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from embedded import browser
from embedded.places import ROOT

WITHOUT_BROWSER = """
*****************************************************************************
  No Chromium or Chrome was found and none could be installed.
  The browser tests are LEFT OUT of this run: the pages are not proved.
  Install chromium, or set FORECOURT_CHROMIUM to a browser's program.
*****************************************************************************
"""


def in_ci() -> bool:
    """Does a machine run this? Then nothing may be left out."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def workers(arguments: Sequence[str]) -> list[str]:
    """Three workers, one more than a small machine has cores: a test that waits for a socket or a browser
    leaves its core to another. Unless the caller chose (or debugs)."""
    chosen = any(argument.startswith(("-n", "--numprocesses", "--pdb", "--trace")) for argument in arguments)
    return [] if chosen else ["-n", "3"]


def keep_bytecode() -> None:
    """A run starts dozens of Pythons: where none may write beside its sources, they compile once, in var."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "var" / "bytecode"))


def is_narrow(arguments: Sequence[str]) -> bool:
    """Did the caller name files or a selection? Then no browser is installed for them."""
    named = [argument.split("::")[0] for argument in arguments if not argument.startswith("-")]
    return any((ROOT / name).exists() for name in named) or "-k" in arguments or "-m" in arguments


def main(arguments: Sequence[str]) -> int:
    """Run pytest in our place; 1 without running it when CI has no browser."""
    found = browser.find() or (None if is_narrow(arguments) else browser.install())
    without: list[str] = []
    if found:
        os.environ["FORECOURT_CHROMIUM"] = str(found)
    elif in_ci():
        print(
            "forecourt: CI needs a Chromium for the browser tests and none could be installed.",
            file=sys.stderr,
        )
        return 1
    elif not is_narrow(arguments):
        print(WITHOUT_BROWSER, flush=True)
        without = ["-m", "not browser"]
    argv = [sys.executable, "-m", "pytest", *workers(arguments), *without, *arguments]
    os.chdir(ROOT)
    keep_bytecode()
    os.execv(sys.executable, argv)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
