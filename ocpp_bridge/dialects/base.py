"""What a dialect is made of: translators inward, encoders outward, both in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from ocpp_bridge.frames import Grammar, Payload
from stations.command_kinds import CommandKind
from stations.facts import Fact

Facts: TypeAlias = tuple[Fact, ...]
NO_FACTS: Final[Facts] = ()


class Hearing(NamedTuple):
    """What a reply may tell besides the answers: when we heard, and how often to call.

    `brought` is what the errand returned; None when there was none or it was not run.
    """

    at: datetime
    interval_s: int
    brought: Any = None
    station_id: int = 0


ToFacts: TypeAlias = Callable[[Any, datetime], Facts]
Salvage: TypeAlias = Callable[[Payload, datetime], Facts | None]
ToReply: TypeAlias = Callable[[Any, Sequence[Any], Hearing], Payload]
Errand: TypeAlias = Callable[[int, Any], Any]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One action that stations send: payload -> facts -> reply.

    `reply` receives the payload, one answer per fact, and the hearing. `errand` is a service
    called with (station_id, payload) for what is not a hot fact, in a transaction of its own and
    before the facts are recorded: it must bear repetition. What it returns is `hearing.brought`
    in the reply; when it raises, the station gets InternalError. With `errand_if` only those payloads
    are worth the errand, since it costs more than the facts. `salvage` makes facts of a
    payload that no schema accepts, or gives None when it names nothing: it marks the messages
    which a station may forget after our answer, so that they are kept and answered whatever they
    look like. `is_idle` messages change nothing and are answered at once.
    """

    facts: ToFacts
    reply: ToReply
    errand: Errand | None = None
    errand_if: Callable[[Any], bool] | None = None
    salvage: Salvage | None = None
    is_idle: bool = False


class Request(NamedTuple):
    """A command as this version says it."""

    action: str
    payload: Payload


class Unsupported(Exception):
    """This version cannot say that command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the station said to a command. `outcome`: accepted, rejected or failed.

    `variables` are what it told about itself on the way, as keyword arguments of
    `stations.services.device.Variable`.
    """

    outcome: str
    word: str
    variables: tuple[Mapping[str, Any], ...] = ()


Encode: TypeAlias = Callable[[Any], Request]
Interpret: TypeAlias = Callable[[Payload], Answered]
Learn: TypeAlias = Callable[[int, Payload, Payload], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of OCPP, complete: `version` names the schemas, `subprotocol` the handshake.

    `cannot` says why this version has no word for a kind of command, `declined` why an action of
    stations is answered with NotSupported, `by_hand` why an action of ours has no kind and can only be
    sent verbatim. Together with the tables they cover everything. `learners`
    are called with (station_id, our request, the answer) when a station answered that action. `sends`
    are the actions that nobody answers (2.1).
    """

    version: str
    subprotocol: str
    grammar: Grammar
    inbound: Mapping[str, Inbound]
    encoders: Mapping[type[CommandKind], Encode]
    interpreters: Mapping[str, Interpret]
    triggered: Mapping[str, str]
    secrets: frozenset[str]
    sends: Mapping[str, Inbound] = field(default_factory=dict)
    learners: Mapping[str, Learn] = field(default_factory=dict)
    cannot: Mapping[type[CommandKind], str] = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, str] = field(default_factory=dict)

    def encode(self, kind: CommandKind) -> Request:
        """The command as an action and a payload. Raises Unsupported."""
        try:
            encoder = self.encoders[type(kind)]
        except KeyError:
            why = self.cannot.get(type(kind), "")
            raise Unsupported(f"OCPP {self.version} has no {kind.name}. {why}".strip()) from None
        return encoder(kind)

    def interpret(self, action: str, payload: Payload) -> Answered:
        return self.interpreters.get(action, by_status)(payload)


GOOD_WORDS: Final = frozenset({"Accepted", "AcceptedCanceled", "Scheduled", "Unlocked", "RebootRequired"})


def by_status(payload: Payload) -> Answered:
    """Most answers have one `status`, and few words mean yes."""
    word = str(payload.get("status", ""))
    return Answered(outcome="accepted" if word in GOOD_WORDS or not word else "rejected", word=word)
