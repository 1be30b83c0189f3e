"""Token numbers of a recording as others of the same form: the same token is the same pseudonym. Pure.

A keyed permutation of the strings of one form (which positions are digits, letters up to F, other
letters, anything else): two tokens never become one, a replay sees the same lengths and alphabets, and
without the server's key nobody finds the card. Frames keep their wire form, garbage too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from string import ascii_uppercase, digits
from typing import Any, Final

from ocpp_bridge.recordings import Recording

ALPHABETS: Final = (digits, ascii_uppercase[:6], ascii_uppercase[6:])
ROUNDS: Final = 4
OURS: Final = frozenset({"uid", "group_uid", "token_uid", "start_token"})
WIRE: Final = frozenset({"idTag", "parentIdTag", "idToken", "additionalIdToken", "pspRef"})
_CONTRACT: Final = re.compile(r"[A-Z]{2}-?[A-Z0-9]{3}-?C-?(?=[A-Z0-9])", re.IGNORECASE)
_ON_THE_WIRE: Final = re.compile(rf'("(?:{"|".join(sorted(WIRE))})"\s*:\s*)("(?:[^"\\]|\\.)*")')


def without_tokens(recording: Recording, *, key: bytes) -> Recording:
    """The same conversation of people who are not to be found."""
    return replace(
        recording,
        tokens=[_scrambled(token, key) for token in recording.tokens],
        sessions=[_scrambled(session, key) for session in recording.sessions],
        commands={name: _scrambled(command, key) for name, command in recording.commands.items()},
        lines=[line._replace(body=_on_the_wire(line.body, key)) for line in recording.lines],
    )


def pseudonym(uid: str, *, key: bytes) -> str:
    """Another token of this form. Case is kept, as tokens compare without it; so is a contract's provider."""
    prefix = _CONTRACT.match(uid)
    kept = prefix.end() if prefix else 0
    plain = uid[kept:].upper() if len(uid.upper()) == len(uid) else uid[kept:]
    left, right = plain[: len(plain) // 2], plain[len(plain) // 2 :]
    for number in range(ROUNDS):
        left = _shifted(left, _noise(right, number, "left", key))
        right = _shifted(right, _noise(left, number, "right", key))
    pairs = zip(left + right, uid[kept:], strict=True)
    return uid[:kept] + "".join(new.lower() if old.islower() else new for new, old in pairs)


def _shifted(text: str, noise: bytes) -> str:
    return "".join(_next(letter, noise[n % len(noise)]) for n, letter in enumerate(text))


def _next(letter: str, by: int) -> str:
    alphabet = next((letters for letters in ALPHABETS if letter in letters), letter)
    return alphabet[(alphabet.index(letter) + by) % len(alphabet)]


def _noise(text: str, number: int, side: str, key: bytes) -> bytes:
    return hmac.new(key, f"{side} {number} {text}".encode(), hashlib.sha512).digest()


def _on_the_wire(text: str, key: bytes) -> str:
    return _ON_THE_WIRE.sub(lambda found: found[1] + _literal(found[2], key), text)


def _literal(literal: str, key: bytes) -> str:
    """A JSON string that is no valid one stays as it is."""
    try:
        return json.dumps(pseudonym(json.loads(literal), key=key), ensure_ascii=False)
    except ValueError:
        return literal


def _scrambled(value: Any, key: bytes, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {member: _scrambled(part, key, member) for member, part in value.items()}
    if isinstance(value, list | tuple):
        return [_scrambled(part, key, name) for part in value]
    is_token = isinstance(value, str) and name in OURS | WIRE
    return pseudonym(value, key=key) if is_token else value
