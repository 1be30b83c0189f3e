"""What is handled of each version, how, and since when: read off the dialects' own tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ocpp_bridge import schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.base import Dialect, Inbound, Unsupported
from ocpp_bridge.dialects.common import nothing
from stations.command_kinds import KINDS, CommandKind, Verbatim
from stations.command_kinds.examples import EXAMPLES

VERSIONS: Final = tuple(sorted(BY_VERSION))
FIRST_RELEASE: Final = "0.1.0"
SINCE: Final[dict[tuple[str, str], str]] = {}
"""(version, action or kind) that came later than the first release, and with which."""


class Action(NamedTuple):
    """A message. `sender`: station or system. `how` is what becomes of it; or why nothing does."""

    version: str
    sender: str
    action: str
    is_handled: bool
    how: str
    since: str


class Command(NamedTuple):
    """A kind of command in one version: the actions that say it, or why there is none."""

    kind: str
    version: str
    actions: tuple[str, ...]
    why_not: str
    since: str


def actions() -> list[Action]:
    """Every message of every version, those of stations first."""
    return [row for version in VERSIONS for row in _actions_of(BY_VERSION[version])]


def commands() -> list[Command]:
    """Every kind of command in every version."""
    return [_command(kind, version) for kind in KINDS.values() for version in VERSIONS]


def _actions_of(dialect: Dialect) -> Iterator[Action]:
    version = dialect.version
    ways = {action: _way_in(inbound) for action, inbound in dialect.inbound.items()}
    ways |= {action: f"{_way_in(inbound)}; never answered" for action, inbound in dialect.sends.items()}
    for action in sorted({*ways, *dialect.declined}):
        how = ways.get(action) or f"NotSupported: {dialect.declined[action]}"
        yield Action(version, "station", action, action in ways, how, _since(version, action))
    said = _said(version)
    mine = (schemas.known_actions(version) - {*ways, *dialect.declined}) | set(said)
    for action in sorted(mine):
        how = _way_out(said.get(action, ()), dialect.by_hand.get(action, ""))
        yield Action(version, "system", action, action in said, how, _since(version, action))


def _way_in(inbound: Inbound) -> str:
    parts = []
    if inbound.facts is not nothing:
        parts.append("recorded before the answer")
    if inbound.errand is not None:
        parts.append(_first_words(inbound.errand))
    if inbound.salvage is not None:
        parts.append("kept and answered even when unreadable")
    if inbound.is_idle or not parts:
        parts.append("answered at once")
    return "; ".join(parts)


def _first_words(function: Callable[..., Any]) -> str:
    """The name of a service's caller, for people: "follow firmware"; a closure has its maker's."""
    return function.__qualname__.partition(".")[0].strip("_").replace("_", " ")


def _way_out(kinds: Sequence[str], reason: str) -> str:
    if kinds:
        return ", ".join(kinds)
    return f"verbatim only: {reason}" if reason else "verbatim only"


@cache
def _said(version: str) -> dict[str, tuple[str, ...]]:
    """Each action that some kind becomes, and these kinds."""
    found: dict[str, set[str]] = {}
    for example in EXAMPLES:
        for action in _action(version, example):
            found.setdefault(action, set()).add(example.name)
    return {action: tuple(sorted(kinds)) for action, kinds in found.items()}


def _action(version: str, example: CommandKind) -> tuple[str, ...]:
    if isinstance(example, Verbatim):
        return ()
    try:
        return (BY_VERSION[version].encode(example).action,)
    except Unsupported:
        return ()


def _command(kind: type[CommandKind], version: str) -> Command:
    said = tuple(sorted(action for action, kinds in _said(version).items() if kind.name in kinds))
    why_not = BY_VERSION[version].cannot.get(kind, "")
    if kind is Verbatim:
        said = ("any",)
    return Command(kind.name, version, said, why_not, _since(version, kind.name))


def _since(version: str, name: str) -> str:
    return SINCE.get((version, name), FIRST_RELEASE)


# --- as a page ---------------------------------------------------------------------------------

PREFACE: Final = """# What is handled of OCPP

Made by `./forecourt manage ocpp_matrix --markdown > docs/ocpp-matrix.md` from the tables of the dialects;
a test compares it with them and with the specification's lists of messages. "Recorded before the answer"
means that the message is safely on disk when the station gets its answer.
"""


def as_markdown() -> str:
    """The documentation page."""
    parts = [PREFACE]
    for version in VERSIONS:
        parts += [_part(version, "station"), _part(version, "system")]
    parts.append(_command_part())
    return "\n".join(parts)


def _part(version: str, sender: str) -> str:
    title = "what stations say" if sender == "station" else "what we ask of stations"
    heads = ("Message", "What becomes of it") if sender == "station" else ("Message", "Commands")
    rows = [
        (row.action, row.how, row.since)
        for row in actions()
        if (row.version, row.sender) == (version, sender)
    ]
    return f"## OCPP {version}: {title}\n\n" + _table((*heads, "Since"), rows)


def _command_part() -> str:
    by_kind: dict[str, list[Command]] = {}
    for row in commands():
        by_kind.setdefault(row.kind, []).append(row)
    rows = [(f"`{kind}`", *map(_cell, found)) for kind, found in sorted(by_kind.items())]
    return "## Commands by version\n\n" + _table(("Command", *VERSIONS), rows)


def _cell(row: Command) -> str:
    return ", ".join(row.actions) or f"no: {row.why_not}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
