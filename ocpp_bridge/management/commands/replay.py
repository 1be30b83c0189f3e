"""`manage.py replay FILE`: hold a recorded conversation again, with the code of today."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ocpp_bridge.recordings import NotARecording, read
from ocpp_bridge.replaying import Difference, Result, replay


class Command(BaseCommand):
    help = (
        "Hold a recorded conversation again and show where we would say something else today. Nothing is "
        "kept: it happens in a transaction that is rolled back. Exit status 1 when something differs."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a conversation, exported from a charger's messages")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        result = self._replay(file)
        lines = [_as_json(result)] if options["json"] else _as_text(result)
        for line in lines:
            self.stdout.write(line)
        if not result.is_same:
            raise SystemExit(1)

    def _replay(self, file: Path) -> Result:
        try:
            with file.open() as opened:
                recording = read(opened)
            with transaction.atomic():
                result = replay(recording)
                transaction.set_rollback(True)
        except (OSError, UnicodeDecodeError, NotARecording, KeyError) as problem:
            raise CommandError(f"{file} cannot be replayed: {problem}") from problem
        return result


def _as_text(result: Result) -> Iterator[str]:
    for difference in [*result.differences, *result.outcomes]:
        yield _heading(difference)
        for path, recorded, now in difference.members:
            yield f"    {path or 'message'}: {_short(recorded)} -> {_short(now)}"
    count = len(result.differences)
    yield f"{result.frames} frames, {result.compared} compared, {count} differ, " + (
        f"{len(result.outcomes)} sessions ended otherwise."
    )


def _heading(difference: Difference) -> str:
    where = f"line {difference.line}, {difference.at:%Y-%m-%d %H:%M:%S}" if difference.line else "at the end"
    return f"{where}: {difference.what} {difference.action}".rstrip()


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _as_json(result: Result) -> str:
    told = {
        "frames": result.frames,
        "compared": result.compared,
        "is_same": result.is_same,
        "differences": [_plain(one) for one in [*result.differences, *result.outcomes]],
    }
    return json.dumps(told, indent=2)


def _plain(difference: Difference) -> dict[str, Any]:
    return {
        "line": difference.line,
        "at": difference.at.isoformat(),
        "what": difference.what,
        "action": difference.action,
        "members": [member._asdict() for member in difference.members],
    }
