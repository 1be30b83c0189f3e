"""The published JSON schemas, compiled: a strict station refuses what does not fit them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jsonschema_rs

from simulator.stations.spec import Version

_FOLDERS: Final[dict[Version, str]] = {"1.6": "ocpp.v16", "2.0.1": "ocpp.v201", "2.1": "ocpp.v21"}


@cache
def validator(version: Version, action: str, kind: str = "Request") -> jsonschema_rs.Validator | None:
    """The compiled schema, or None when the version has no such action. `kind`: Request, Response."""
    suffix = kind if version != "1.6" or kind == "Response" else ""
    file = files(_FOLDERS[version]) / "schemas" / f"{action}{suffix}.json"
    if not action.isalnum() or not file.is_file():
        return None
    return jsonschema_rs.validator_for(json.loads(file.read_text(encoding="utf-8-sig")))


def faults(version: Version, action: str, payload: dict[str, Any], kind: str = "Request") -> list[str]:
    """What is wrong with a payload, in words; empty when it fits. Unknown actions fit nothing."""
    judge = validator(version, action, kind)
    if judge is None:
        return [f"{version} has no {action}{kind}"]
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in judge.iter_errors(payload)
    ]
