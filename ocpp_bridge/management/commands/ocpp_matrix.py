"""`manage.py ocpp_matrix`: which message and command of each version is handled, how, since when."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand

from ocpp_bridge import matrix


class Command(BaseCommand):
    help = "Print which message and which command of each version of OCPP is handled, how, and since when."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object")
        form.add_argument("--markdown", action="store_true", help="the page docs/ocpp-matrix.md")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(_as_json())
        elif options["markdown"]:
            self.stdout.write(matrix.as_markdown(), ending="")
        else:
            for line in _as_text():
                self.stdout.write(line)


def _as_json() -> str:
    found = {
        "actions": [row._asdict() for row in matrix.actions()],
        "commands": [row._asdict() for row in matrix.commands()],
    }
    return json.dumps(found, indent=2)


def _as_text() -> list[str]:
    lines = [
        f"{row.version:5} {row.sender:7} {'yes' if row.is_handled else 'no ':3} {row.action:34} "
        f"{row.since:7} {row.how}"
        for row in matrix.actions()
    ]
    for row in matrix.commands():
        how = ", ".join(row.actions) or f"no: {row.why_not}"
        lines.append(f"{row.version:5} command     {row.kind:34} {row.since:7} {how}")
    return lines
