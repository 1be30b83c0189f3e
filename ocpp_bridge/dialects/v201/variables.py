"""The device model of OCPP 2.0.1 (part 2, B05 to B08): its variables and ours, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ocpp_bridge.dialects.base import Answered
from ocpp_bridge.dialects.v201 import mapping, messages
from ocpp_bridge.dialects.v201.names import about
from ocpp_bridge.frames import Payload

DEFAULT_ATTRIBUTE: Final = "Actual"
DEFAULT_MUTABILITY: Final = "ReadWrite"
"""What a missing mutability means in a report (part 2, VariableAttributeType)."""


def reported(data: Sequence[messages.ReportData]) -> Iterator[Mapping[str, Any]]:
    for entry in data:
        for attribute in entry["variableAttribute"]:
            yield described(
                entry,
                attribute.get("type", DEFAULT_ATTRIBUTE),
                attribute.get("value", ""),
                attribute.get("mutability", DEFAULT_MUTABILITY),
                entry.get("variableCharacteristics", {}),
            )


def described(
    entry: Mapping[str, Any],
    attribute: str,
    value: str,
    mutability: str = "",
    characteristics: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    is_secret = entry["variable"]["name"].lower() in mapping.SECRET_VARIABLES
    return {
        **about(entry["component"], entry["variable"]),
        "attribute": attribute,
        "value": "" if is_secret else value,
        "mutability": mutability,
        "characteristics": dict(characteristics or {}),
    }


def got(payload: Payload) -> Answered:
    """GetVariables: a refusal only when nothing at all could be read."""
    results: list[messages.GetVariableResult] = payload["getVariableResult"]
    told = [result for result in results if result["attributeStatus"] == "Accepted"]
    variables = tuple(
        described(result, result.get("attributeType", DEFAULT_ATTRIBUTE), result.get("attributeValue", ""))
        for result in told
    )
    word = told[0]["attributeStatus"] if told else results[0]["attributeStatus"]
    return Answered(outcome="accepted" if told else "rejected", word=word, variables=variables)


def set_(payload: Payload) -> Answered:
    """SetVariables: accepted when every part was, at once or after a reboot."""
    words = [result["attributeStatus"] for result in payload["setVariableResult"]]
    refused = [word for word in words if word not in ("Accepted", "RebootRequired")]
    return Answered(outcome="rejected" if refused else "accepted", word=(refused or words)[0])
