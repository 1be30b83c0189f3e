"""What the dialects can say, for those who ask before sending (`stations.services.translation`)."""

from __future__ import annotations

from typing import Final

from ocpp_bridge import schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.base import Request, Unsupported
from stations.command_kinds import CommandKind
from stations.services.translation import Verdict

UNSAYABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an encoder raises for values that it has no word for."""


class CannotSay(Exception):
    """No message of this version can be made of the command; the text says why."""


def encode(version: str, kind: CommandKind) -> Request:
    """The command as this version says it. Raises CannotSay."""
    try:
        return BY_VERSION[version].encode(kind)
    except Unsupported as error:
        raise CannotSay(str(error)) from error
    except UNSAYABLE as error:
        raise CannotSay(f"OCPP {version} cannot say this {kind.name}: {error}"[:200]) from error


class DialectTranslator:
    """`stations.services.translation.Translator` over the dialects."""

    def judge(self, *, version: str, kind: CommandKind) -> Verdict:
        if version not in BY_VERSION:
            return Verdict()
        try:
            request = encode(version, kind)
        except CannotSay as error:
            return Verdict((str(error),), is_sayable=False)
        return Verdict(_problems(version, request))

    def kinds(self, version: str) -> frozenset[str]:
        if version not in BY_VERSION:
            return frozenset(kind.name for dialect in BY_VERSION.values() for kind in dialect.encoders)
        return frozenset(kind.name for kind in BY_VERSION[version].encoders)

    def actions(self, version: str) -> tuple[str, ...]:
        versions = [version] if version in BY_VERSION else list(BY_VERSION)
        return tuple(sorted({action for known in versions for action in schemas.known_actions(known)}))


def _problems(version: str, request: Request) -> tuple[str, ...]:
    try:
        judge = schemas.request(version, request.action)
    except schemas.NoSchema as error:
        return (str(error),)
    found = schemas.problems(judge, request.payload)
    return tuple(f"{request.action}: {problem.description}" for problem in found)


TRANSLATOR: Final = DialectTranslator()
