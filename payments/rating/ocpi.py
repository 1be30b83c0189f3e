"""Tariffs from and to OCPI 2.3.0 JSON. Pure; amounts leave as exact decimal strings.

The grace of idle blocks is our extension, marked `x_idle_grace_s`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, TypeVar

from payments.rating.tariff import (
    ALWAYS,
    DAYS,
    RESERVATIONS,
    Dimension,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
)

Json: TypeAlias = Mapping[str, Any]
_Read = TypeVar("_Read")
MILLIONTH = Decimal("0.000001")
DIGITS = 12


class InvalidTariff(ValueError):
    """The JSON is not a tariff as OCPI means it."""


def loads(text: str) -> Tariff:
    """A tariff from JSON text, its numbers read exactly. Raises InvalidTariff."""
    return from_ocpi(json.loads(text, parse_float=Decimal))


NAMES = {
    "": "id country_code party_id last_updated currency tax_included elements min_price max_price"
    " x_idle_grace_s",
    "elements": "price_components restrictions",
    "price_components": "type price vat step_size",
    "restrictions": "start_time end_time start_date end_date day_of_week reservation min_duration"
    " max_duration min_kwh max_kwh min_current max_current min_power max_power",
    "min_price": "before_taxes after_taxes",
    "max_price": "before_taxes after_taxes",
}
"""What is read and kept, by the list or object it stands in."""


def unread(data: Any, inside: str = "", place: str = "") -> Iterator[str]:
    """The places of names that nobody here reads: a misspelled restriction must not vanish silently."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            yield from unread(item, inside, f"{place}[{number}]")
    elif isinstance(data, Mapping) and inside in NAMES:
        for name, value in data.items():
            path = f"{place}.{name}".lstrip(".")
            if name not in NAMES[inside].split():
                yield path
            elif name in NAMES:
                yield from unread(value, name, path)


def from_ocpi(data: Json) -> Tariff:
    """A tariff from OCPI 2.3.0 JSON (numbers or their strings). Raises InvalidTariff."""
    return _within("", _tariff, data)


def _within(place: str, read: Callable[[Any], _Read], data: Any) -> _Read:
    """What a reader makes of the data; what it refuses is told with its place ("elements[1]")."""
    told = f"{place}: " if place else ""
    try:
        return read(data)
    except InvalidTariff as error:
        raise InvalidTariff(f"{told}{error}") from error
    except KeyError as error:
        raise InvalidTariff(f"{told}{error} is missing.") from error
    except (TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise InvalidTariff(f"{told}Not as OCPI writes it: {error}.") from error


def _each(data: Json, name: str, read: Callable[[Any], _Read]) -> tuple[_Read, ...]:
    return tuple(_within(f"{name}[{number}]", read, item) for number, item in enumerate(data[name]))


def to_ocpi(tariff: Tariff) -> dict[str, Any]:
    """The tariff as OCPI JSON, amounts as exact decimal strings; `from_ocpi` reads it back."""
    return _without_empty(
        {
            "country_code": tariff.country_code,
            "party_id": tariff.party_id,
            "id": tariff.id,
            "currency": tariff.currency,
            "type": tariff.type,
            "tariff_alt_text": [{"language": code, "text": text} for code, text in tariff.alt_text],
            "tariff_alt_url": tariff.alt_url,
            "min_price": _limit_json(tariff.min_price),
            "max_price": _limit_json(tariff.max_price),
            "elements": [_element_json(element) for element in tariff.elements],
            "tax_included": tariff.tax_included.value,
            "start_date_time": _instant_json(tariff.start_at),
            "end_date_time": _instant_json(tariff.end_at),
            "last_updated": _instant_json(tariff.last_updated),
            "x_idle_grace_s": tariff.idle_grace_s or None,
        }
    )


def _tariff(data: Json) -> Tariff:
    elements = _each(data, "elements", _element)
    if not elements:
        raise InvalidTariff("A tariff needs at least one element.")
    return Tariff(
        id=str(data["id"]),
        currency=_currency(data["currency"]),
        elements=elements,
        tax_included=TaxIncluded(data.get("tax_included", "YES")),
        country_code=data.get("country_code", ""),
        party_id=data.get("party_id", ""),
        type=data.get("type") or "",
        min_price=_within("min_price", _limit, data.get("min_price")),
        max_price=_within("max_price", _limit, data.get("max_price")),
        idle_grace_s=_natural(data.get("x_idle_grace_s") or 0),
        start_at=_instant(data.get("start_date_time")),
        end_at=_instant(data.get("end_date_time")),
        last_updated=_instant(data.get("last_updated")),
        alt_text=tuple((item["language"], item["text"]) for item in data.get("tariff_alt_text") or ()),
        alt_url=data.get("tariff_alt_url") or "",
    )


def _element(data: Json) -> TariffElement:
    components = _each(data, "price_components", _component)
    if not components:
        raise InvalidTariff("A tariff element needs at least one price component.")
    return TariffElement(
        price_components=components,
        restrictions=_within("restrictions", restrictions, data.get("restrictions")),
    )


def _component(data: Json) -> PriceComponent:
    return PriceComponent(
        type=Dimension(data["type"]),
        price=_within("price", _amount, data["price"]),
        vat=_within("vat", _amount_or_none, data.get("vat")),
        step_size=_within("step_size", _natural, data.get("step_size", 1)),
    )


_DECIMALS = ("min_kwh", "max_kwh", "min_current", "max_current", "min_power", "max_power")


def restrictions(data: Json | None) -> Restrictions:
    """Restrictions from OCPI JSON; None and {} hold always."""
    if not data:
        return ALWAYS
    return Restrictions(
        start_time=_time(data.get("start_time")),
        end_time=_time(data.get("end_time")),
        start_date=_date(data.get("start_date")),
        end_date=_date(data.get("end_date")),
        day_of_week=frozenset(_one_of(day, DAYS) for day in data.get("day_of_week") or ()),
        reservation=_one_of(data.get("reservation") or "", ("", *RESERVATIONS)),
        min_duration=_natural_or_none(data.get("min_duration")),
        max_duration=_natural_or_none(data.get("max_duration")),
        min_kwh=_amount_or_none(data.get("min_kwh")),
        max_kwh=_amount_or_none(data.get("max_kwh")),
        min_current=_amount_or_none(data.get("min_current")),
        max_current=_amount_or_none(data.get("max_current")),
        min_power=_amount_or_none(data.get("min_power")),
        max_power=_amount_or_none(data.get("max_power")),
    )


def _limit(data: Json | None) -> PriceLimit | None:
    if data is None:
        return None
    return PriceLimit(
        before_taxes=_amount(data["before_taxes"]), after_taxes=_amount_or_none(data.get("after_taxes"))
    )


def _amount(value: object) -> Decimal:
    number = _number(value)
    if not number.is_finite() or number < 0:
        raise InvalidTariff(f"{value!r} is not a non-negative number.")
    return number


def _amount_or_none(value: object) -> Decimal | None:
    return None if value is None else _amount(value)


def _natural_or_none(value: object) -> int | None:
    return None if value is None else _natural(value)


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise InvalidTariff(f"{value!r} is not a number.") from error
    if number and number.is_finite() and abs(number.adjusted()) > DIGITS:
        raise InvalidTariff(f"{value!r} is out of all proportion.")
    return number


def _natural(value: object) -> int:
    number = _number(value)
    if not number.is_finite() or number < 0 or number != int(number):
        raise InvalidTariff(f"{value!r} is not a whole, non-negative number.")
    return int(number)


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidTariff(f"{value!r} is not one of {allowed}.")
    return value


def _currency(value: str) -> str:
    if len(value) != 3 or not value.isalpha():
        raise InvalidTariff(f"{value!r} is not an ISO 4217 code.")
    return value.upper()


def _time(value: str | None) -> time | None:
    return None if value is None else time.fromisoformat(value)


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _element_json(element: TariffElement) -> dict[str, Any]:
    components = [
        _without_empty(
            {
                "type": component.type.value,
                "price": str(component.price),
                "vat": None if component.vat is None else str(component.vat),
            }
        )
        | {"step_size": component.step_size}
        for component in element.price_components
    ]
    rules = restrictions_json(element.restrictions)
    return {"price_components": components} | ({"restrictions": rules} if rules else {})


def restrictions_json(rules: Restrictions) -> dict[str, Any]:
    """Restrictions as OCPI JSON, empty when they hold always."""
    bounds = {name: getattr(rules, name) for name in _DECIMALS}
    return _without_empty(
        {
            "start_time": rules.start_time and f"{rules.start_time:%H:%M}",
            "end_time": rules.end_time and f"{rules.end_time:%H:%M}",
            "start_date": rules.start_date and rules.start_date.isoformat(),
            "end_date": rules.end_date and rules.end_date.isoformat(),
            **{name: None if value is None else str(value) for name, value in bounds.items()},
            "min_duration": rules.min_duration,
            "max_duration": rules.max_duration,
            "day_of_week": [day for day in DAYS if day in rules.day_of_week],
            "reservation": rules.reservation,
        }
    )


def _limit_json(limit: PriceLimit | None) -> dict[str, str] | None:
    if limit is None:
        return None
    after = {} if limit.after_taxes is None else {"after_taxes": str(limit.after_taxes)}
    return {"before_taxes": str(limit.before_taxes)} | after


def _instant_json(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None and value not in ("", [])}
