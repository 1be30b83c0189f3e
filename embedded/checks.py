"""`./forecourt check`: everything that can be judged without running the system, as one table."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embedded.places import ROOT

PYTHON: Final = sys.executable
BIN: Final = Path(sys.executable).parent
NO_SERVER: Final = {
    "DATABASE_URL": "postgres://forecourt@/forecourt?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent",
}
AS_PRODUCTION: Final = {
    **NO_SERVER,
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "only-to-check-the-settings-" + "0123456789abcdefghijklmnopqrstuvwxyz",
    "STATION_SECRET_KEY": "only-to-check-the-settings-" + "zyxwvutsrqponmlkjihgfedcba9876543210",
    "ALLOWED_HOSTS": "forecourt.example",
    "PUBLIC_URL": "https://forecourt.example",
    "OCPP_URL": "wss://ocpp.forecourt.example/ocpp",
    "STRIPE_SECRET_KEY": "sk_test_only_to_check",
    "STRIPE_WEBHOOK_SECRET": "whsec_only_to_check",
}


@dataclass(frozen=True)
class Check:
    """One judgment: its name and the command whose exit status it is."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """How a check ended, how long it took, and what it said."""

    name: str
    passed: bool
    took_s: float
    said: str


def checks() -> list[Check]:
    """All of them; the slowest first, because two run side by side."""
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    django = [PYTHON, "manage.py"]
    as_test = {**NO_SERVER, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return [
        Check("types", [PYTHON, "-m", "mypy", "."], as_test),
        Check("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Check("lint", [PYTHON, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."]),
        Check("contracts", [PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c()"]),
        Check("templates: format", [str(BIN / "djade"), "--check", "--target-version", "5.2", *templates]),
        Check("templates: lint", [PYTHON, "-m", "djlint", "--lint", "--quiet", "templates"]),
        Check("migrations", [*django, "makemigrations", "--check", "--dry-run"], as_test),
        Check(
            "production settings", [*django, "check", "--deploy", "--fail-level", "WARNING"], AS_PRODUCTION
        ),
        Check("lock files", [PYTHON, "-m", "embedded.locks"]),
    ]


def judge(check: Check) -> Verdict:
    """Run one check to its end."""
    began_s = time.monotonic()
    done = subprocess.run(
        list(check.argv),
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Verdict(check.name, done.returncode == 0, time.monotonic() - began_s, done.stdout.strip())


def table(verdicts: Sequence[Verdict]) -> str:
    """One line per check: name, result, seconds."""
    width = max(len(verdict.name) for verdict in verdicts)
    lines = [
        f"  {verdict.name:<{width}}  {'ok' if verdict.passed else 'FAILED':<6}  {verdict.took_s:6.1f} s"
        for verdict in verdicts
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run all (or the named) checks; 1 when one failed."""
    known = checks()
    parser = argparse.ArgumentParser(prog="./forecourt check", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(check.name for check in known))
    names = parser.parse_args(arguments).names
    if unknown := set(names) - {check.name for check in known}:
        parser.error(f"there is no check named {', '.join(sorted(unknown))}")
    with ThreadPoolExecutor(max_workers=2) as pool:
        verdicts = list(pool.map(judge, [check for check in known if not names or check.name in names]))
    for verdict in verdicts:
        if not verdict.passed:
            print(f"--- {verdict.name}\n{verdict.said}\n")
    print(table(verdicts))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
