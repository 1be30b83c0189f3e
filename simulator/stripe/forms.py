"""Stripe's form encoding: `a[b][0]=x` and `a[]=x` become nested hashes and lists, exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from simulator.stripe.errors import InvalidRequest

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
MAX_DEPTH = 12


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested parameters of urlencoded pairs; leaves stay text. Raises InvalidRequest on a bad key."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        _plant(root, _path(key), value, key)
    return {name: _settle(branch) for name, branch in root.items()}


def _path(key: str) -> list[str]:
    match = KEY.match(key)
    if match is None:
        raise InvalidRequest(f"Invalid parameter name: {key}", param=key)
    path = [match[1], *PART.findall(match[2])]
    if len(path) > MAX_DEPTH:
        raise InvalidRequest(f"Parameter nested too deeply: {key}", param=key)
    return path


def _plant(branch: dict[str, Any], path: list[str], value: str, key: str) -> None:
    *parents, leaf = path
    for name in parents:
        branch = branch.setdefault(_named(branch, name), {})
        if not isinstance(branch, dict):
            raise InvalidRequest(f"Invalid {path[0]}: both a value and a hash", param=path[0])
    name = _named(branch, leaf)
    if isinstance(branch.get(name), dict):
        raise InvalidRequest(f"Invalid {path[0]}: both a value and a hash", param=path[0])
    branch[name] = value


def _named(branch: dict[str, Any], name: str) -> str:
    """`[]` means the next place; every other name stands for itself."""
    return name or str(len(branch))


def _settle(branch: Any) -> Any:
    """A hash whose keys count 0, 1, 2 … is a list."""
    if not isinstance(branch, dict):
        return branch
    settled = {name: _settle(value) for name, value in branch.items()}
    if list(settled) and sorted(settled, key=_place) == [str(n) for n in range(len(settled))]:
        return [settled[str(n)] for n in range(len(settled))]
    return settled


def _place(name: str) -> int:
    return int(name) if name.isascii() and name.isdigit() and len(name) < 6 else -1
