"""What the stand-in accepts is what the SDK can send: neither more nor less, on every operation."""

from __future__ import annotations

import importlib
import typing

import pytest
import stripe
import typing_extensions

from simulator.stripe import forms
from simulator.stripe.endpoints import ENDPOINTS
from simulator.stripe.errors import InvalidRequest

OPTIONS = set(stripe.RequestOptions.__annotations__)
IDS = [f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS]


def sdk_type(name: str) -> type:
    package, _, plain = name.rpartition(".")
    module = importlib.import_module("stripe.params" + (f".{package}" if package else ""))
    return getattr(module, plain)


def hints(kind: type) -> dict[str, object]:
    names = {
        **vars(importlib.import_module(kind.__module__)),
        "StripeContext": object,
        "Mapping": typing.Mapping,
    }
    return {
        name: hint
        for name, hint in typing_extensions.get_type_hints(kind, names).items()
        if name not in OPTIONS
    }


def typed_dicts(hint: typing.Any) -> list[type]:
    """Every hash a hint allows."""
    if typing_extensions.is_typeddict(hint):
        return [hint]
    return [found for part in typing.get_args(hint) for found in typed_dicts(part)]


def literals(hint: object) -> set[object]:
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    return {word for part in typing.get_args(hint) for word in literals(part)}


def differences(shape, kind: type, path: str) -> list[str]:
    wanted = hints(kind)
    found = [f"{path}{name}: only here" for name in sorted(shape.keys() - wanted.keys())]
    found += [f"{path}{name}: missing here" for name in sorted(wanted.keys() - shape.keys())]
    for name in shape.keys() & wanted.keys():
        found += part_differences(shape[name], wanted[name], f"{path}{name}")
    return found


def part_differences(field, hint, path: str) -> list[str]:
    found = []
    unknown = set(field.words) - literals(hint)
    if field.words and literals(hint) and unknown:
        found.append(f"{path}: words unknown to the SDK: {sorted(unknown)}")
    if not field.shape:
        return found
    kinds = typed_dicts(hint)
    if not kinds:
        return [*found, f"{path}: the SDK knows no hash here"]
    # The options of other payment methods than cards are not spelled out.
    partly = path.endswith("payment_method_options")
    inner = differences(field.shape, kinds[0], f"{path}.")
    return found + [line for line in inner if not (partly and line.endswith("missing here"))]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=IDS)
def test_every_operation_accepts_exactly_what_the_sdk_sends(endpoint):
    assert differences(endpoint.shape, sdk_type(endpoint.params_type), "") == []


def test_the_comparison_notices_a_parameter_too_many_and_one_too_few():
    endpoint = next(e for e in ENDPOINTS if e.params_type == "PaymentIntentCaptureParams")
    shape = {**endpoint.shape, "surprise": endpoint.shape["final_capture"]}
    del shape["amount_to_capture"]
    assert differences(shape, sdk_type(endpoint.params_type), "") == [
        "surprise: only here",
        "amount_to_capture: missing here",
    ]


def test_nested_forms_are_read_exactly():
    pairs = [
        ("amount", "5000"),
        ("metadata[order]", "7"),
        ("line_items[0][price_data][unit_amount]", "12"),
        ("line_items[1][price_data][unit_amount]", "34"),
        ("expand[]", "latest_charge"),
        ("expand[]", "customer"),
        ("description", ""),
    ]
    assert forms.decode(pairs) == {
        "amount": "5000",
        "metadata": {"order": "7"},
        "line_items": [{"price_data": {"unit_amount": "12"}}, {"price_data": {"unit_amount": "34"}}],
        "expand": ["latest_charge", "customer"],
        "description": "",
    }


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a", "1")], [("a[b", "1")], [("[b]", "1")]]
)
def test_a_form_that_contradicts_itself_is_refused(pairs):
    with pytest.raises(InvalidRequest):
        forms.decode(pairs)


def test_more_than_ten_entries_keep_their_order():
    pairs = [(f"a[{n}]", str(n)) for n in range(12)]
    assert forms.decode(pairs)["a"] == [str(n) for n in range(12)]
