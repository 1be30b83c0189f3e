"""Malformed frames of all kinds, each with the answer that the specification names for it.

The maker knows what it broke, so it knows the answer without asking the parser: 1.6 J section 4
with its errata, 2.0.1 and 2.1 part 4 section 4. `expected` is the id and the error codes that may
be answered, or None for silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from ocpp_bridge import schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.jobs import Job
from tests.ocpp.samples import smallest, wrongs
from tests.ocpp.talk import call, make_exchange

FORMAT = {"1.6": "FormationViolation"}
FRAMEWORK = {"1.6": "FormationViolation"}
INCOMPLETE = {"1.6": "ProtocolError"}
UNREADABLE = "-1"
TRANSACTIONS = {
    "StartTransaction",
    "StopTransaction",
    "MeterValues",
    "TransactionEvent",
    "StatusNotification",
}
"""Their wrong payloads may be mended or salvaged: what they get is told in test_actions.py."""


class Broken(NamedTuple):
    """A frame, what is wrong with it, and what must be answered: (message id, codes), or nothing."""

    what: str
    text: str
    expected: tuple[str, frozenset[str]] | None


def is_mended(version: str, action: str, payload: Any) -> bool:
    """Whether a named quirk makes it usable: those are proved one by one in test_quirks.py."""
    return isinstance(make_exchange(version).hear(call(action, payload)), Job)


class Fuzzer:
    """An endless source of broken frames of one version; the seed makes it repeatable."""

    def __init__(self, version: str, seed: int) -> None:
        self.version = version
        self.random = Random(seed)
        self._count = 0
        handled = BY_VERSION[version].inbound
        self._wrongs = [
            (action, wrong)
            for action in sorted(handled)
            if action not in TRANSACTIONS
            for wrong in wrongs(version, action)
            if not is_mended(version, action, wrong.payload)
        ]
        self._unhandled = sorted(schemas.known_actions(version) - set(handled))
        self._kinds: list[Callable[[], Broken]] = [
            self.noise,
            self.other_json,
            self.cut_off,
            self.too_short,
            self.too_long,
            self.crooked_type,
            self.crooked_id,
            self.crooked_action,
            self.crooked_payload,
            self.long_id,
            self.unknown_type,
            self.crooked_answer,
            self.answer_to_nothing,
            self.unknown_action,
            self.unhandled_action,
            self.wrong_payload,
            self.deep,
            self.not_a_number,
        ]

    def frame(self) -> Broken:
        return self.random.choice(self._kinds)()

    # --- words ---------------------------------------------------------------------------------

    def _id(self) -> str:
        self._count += 1
        return f"f{self._count}"

    def _text(self, most: int = 20) -> str:
        alphabet = 'abcXYZ019 _-."\\{}[],:äß漢😀\u200b\x7f\x00\ud800'
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randrange(most)))

    def _value(self, depth: int = 2) -> Any:
        plain: list[Any] = [None, True, 0, -1, 2**63, 1e308, self._text()]
        if depth == 0 or self.random.random() < 0.6:
            return self.random.choice(plain)
        if self.random.random() < 0.5:
            return [self._value(depth - 1) for _ in range(self.random.randrange(4))]
        return {self._text(8): self._value(depth - 1) for _ in range(self.random.randrange(4))}

    def _error(self, message_id: str, code: str, words: dict[str, str]) -> tuple[str, frozenset[str]]:
        return message_id, frozenset({words.get(self.version, code)})

    def _framework(self, message_id: str) -> tuple[str, frozenset[str]]:
        return self._error(message_id, "RpcFrameworkError", FRAMEWORK)

    # --- kinds ---------------------------------------------------------------------------------

    def noise(self) -> Broken:
        text = "x" + self._text(60).replace("\ud800", "")
        return Broken("noise", text, self._framework(UNREADABLE))

    def other_json(self) -> Broken:
        value: Any = self.random.choice([None, True, 7, "text", {}, {"a": [1]}, []])
        return Broken("no array", json.dumps(value), self._framework(UNREADABLE))

    def cut_off(self) -> Broken:
        """The head can be read, the rest is missing: the answer still names the call."""
        message_id = self._id()
        whole = json.dumps([2, message_id, "DataTransfer", {"vendorId": self._text(8)}])
        least = whole.index(message_id) + len(message_id) + 1
        text = whole[: self.random.randrange(least, len(whole) - 1)]
        return Broken("cut off", text, self._error(message_id, "FormatViolation", FORMAT))

    def too_short(self) -> Broken:
        message_id = self._id()
        parts = [2, message_id, "Heartbeat"][: self.random.choice([2, 3])]
        expected = self._error(message_id, "RpcFrameworkError", INCOMPLETE)
        return Broken("too short", json.dumps(parts), expected)

    def too_long(self) -> Broken:
        message_id = self._id()
        more = [self._value() for _ in range(self.random.randrange(1, 4))]
        return Broken(
            "too long", json.dumps([2, message_id, "Heartbeat", {}, *more]), self._framework(message_id)
        )

    def crooked_type(self) -> Broken:
        message_id = self._id()
        kind: Any = self.random.choice(["2", None, 2.5, True, [], {}, "CALL"])
        return Broken("type", json.dumps([kind, message_id, "Heartbeat", {}]), self._framework(message_id))

    def crooked_id(self) -> Broken:
        message_id: Any = self.random.choice([None, 7, True, [], {}, ""])
        text = json.dumps([2, message_id, "Heartbeat", {}])
        return Broken("id", text, self._framework(UNREADABLE))

    def long_id(self) -> Broken:
        message_id = self._id() + "x" * self.random.randrange(36, 200)
        return Broken("long id", json.dumps([2, message_id, "Heartbeat", {}]), self._framework(message_id))

    def crooked_action(self) -> Broken:
        message_id = self._id()
        action: Any = self.random.choice([None, 7, True, [], {}])
        return Broken("action", json.dumps([2, message_id, action, {}]), self._framework(message_id))

    def crooked_payload(self) -> Broken:
        message_id = self._id()
        payload = self.random.choice([[], "x", 7, True, [{}]])
        text = json.dumps([2, message_id, "Heartbeat", payload])
        return Broken("payload", text, self._error(message_id, "FormatViolation", FORMAT))

    def unknown_type(self) -> Broken:
        message_id = self._id()
        kinds = [0, 1, 7, 9, -2, 22, 2**40] + ([5, 6] if self.version == "2.0.1" else [])
        text = json.dumps([self.random.choice(kinds), message_id, "Heartbeat", {}])
        known = (message_id, frozenset({"MessageTypeNotSupported"}))
        return Broken("unknown type", text, None if self.version == "1.6" else known)

    def crooked_answer(self) -> Broken:
        """An answer is never answered, however wrong it is."""
        message_id, kind = self._id(), self.random.choice([3, 4])
        rest: list[Any] = self.random.choice([[], [[]], [7], ["a", 7, 8], [None, None]])
        return Broken("crooked answer", json.dumps([kind, message_id, *rest]), None)

    def answer_to_nothing(self) -> Broken:
        parts = self.random.choice([[3, self._id(), {}], [4, self._id(), "GenericError", "", {}]])
        return Broken("answer to nothing", json.dumps(parts), None)

    def unknown_action(self) -> Broken:
        message_id = self._id()
        action = f"Do{self._text(20)}".replace("\x00", "").replace("\ud800", "")
        text = json.dumps([2, message_id, action, {"a": self._value()}])
        return Broken("unknown action", text, (message_id, frozenset({"NotImplemented"})))

    def unhandled_action(self) -> Broken:
        message_id = self._id()
        if not self._unhandled:
            return self.unknown_action()
        text = json.dumps([2, message_id, self.random.choice(self._unhandled), {}])
        return Broken("unhandled action", text, (message_id, frozenset({"NotSupported"})))

    def wrong_payload(self) -> Broken:
        message_id = self._id()
        action, wrong = self.random.choice(self._wrongs)
        word = BY_VERSION[self.version].grammar.word(wrong.code)
        text = json.dumps([2, message_id, action, wrong.payload])
        return Broken(f"{action}: {wrong.what}", text, (message_id, frozenset({word})))

    def deep(self) -> Broken:
        """Nested deeper than any parser cares to follow; the head can still be read."""
        message_id, depth = self._id(), self.random.choice([1200, 5000])
        text = f'[2,"{message_id}","Heartbeat",' + "[" * depth
        return Broken("deep", text, self._error(message_id, "FormatViolation", FORMAT))

    def not_a_number(self) -> Broken:
        message_id = self._id()
        word = self.random.choice(["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "0x1"])
        text = f'[2,"{message_id}","Heartbeat",{{"n":{word}}}]'
        return Broken("no number", text, self._error(message_id, "FormatViolation", FORMAT))


def good(version: str, message_id: str) -> str:
    """A frame to which an answer must come, however much nonsense was said before."""
    return json.dumps([2, message_id, "Heartbeat", smallest(version, "Heartbeat")])
