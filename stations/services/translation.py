"""The port to whoever puts commands into a station's language; the settings name it (COMMAND_TRANSLATOR).

Below the bridge nobody knows the words on the wire, but forms and API want to know before sending
which kinds a version has and whether its schema accepts them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from stations.command_kinds import CommandKind


class Verdict(NamedTuple):
    """What is wrong with a command for a version. `is_sayable` False: no message can be made of it."""

    problems: tuple[str, ...] = ()
    is_sayable: bool = True


class Translator(Protocol):
    """Versions are named as in `ChargingStation.ocpp_version`; an unknown one ("") is not judged."""

    def judge(self, *, version: str, kind: CommandKind) -> Verdict:
        """Can the version say this, and would its schema accept it?"""

    def kinds(self, version: str) -> frozenset[str]:
        """The names of the kinds that the version has."""

    def actions(self, version: str) -> tuple[str, ...]:
        """The actions that may be sent word by word."""


def translator() -> Translator:
    found: Translator = import_string(settings.COMMAND_TRANSLATOR)
    return found
