"""`{% load places %}`: words and icons of plugs and amenities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django import template
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import clock
from core.ui.numbers import duration_text

register = template.Library()

PLUGS: Final[dict[str, tuple[str, str | Promise]]] = {
    "IEC_62196_T2_COMBO": ("ccs2", _("CCS")),
    "IEC_62196_T2": ("type2", _("Type 2")),
    "CHADEMO": ("chademo", _("CHAdeMO")),
    "SAE_J3400": ("nacs", _("NACS")),
    "IEC_62196_T1": ("plug", _("Type 1")),
}
# OCPI's facilities and the everyday words beside them, compared in lower case with hyphens.
AMENITIES: Final[dict[str, tuple[str, str | Promise]]] = {
    "cafe": ("coffee", _("Café")),
    "bakery": ("croissant", _("Bakery")),
    "restaurant": ("utensils", _("Food")),
    "restaurants": ("utensils", _("Food")),
    "supermarket": ("shopping-bag", _("Shops")),
    "shopping": ("shopping-bag", _("Shops")),
    "mall": ("shopping-bag", _("Shops")),
    "wifi": ("wifi", _("Wi-Fi")),
    "toilets": ("toilet", _("Toilets")),
    "roof": ("umbrella", _("Roof")),
    "solar": ("leaf", _("Solar")),
    "step-free": ("accessibility", _("Step-free")),
    "parking-lot": ("parking-circle", _("Parking")),
    "park-and-ride": ("parking-circle", _("Park and ride")),
    "carpool-parking": ("parking-circle", _("Parking")),
    "bus": ("bus", _("Bus")),
    "bus-stop": ("bus", _("Bus")),
    "lockers": ("package", _("Lockers")),
    "nature": ("trees", _("Nature")),
    "river-view": ("waves", _("River view")),
    "playground": ("toy-brick", _("Playground")),
    "recreation-area": ("toy-brick", _("Playground")),
}
SHOWN: Final = 2


@register.filter
def plug_icon(standards: Sequence[str] | str) -> str:
    first = standards if isinstance(standards, str) else next(iter(standards), "")
    return PLUGS.get(first, ("plug", ""))[0]


@register.filter
def plug_name(standards: Sequence[str] | str) -> str:
    """'CCS', or 'CCS, Type 2' for several."""
    each = [standards] if isinstance(standards, str) else standards
    return ", ".join(str(PLUGS[one][1]) for one in each if one in PLUGS)


@register.filter
def amenities(facilities: Iterable[str], limit: int = SHOWN) -> list[dict[str, Any]]:
    """The first known facilities, each with icon and label."""
    return list(_known(facilities))[:limit]


def _known(facilities: Iterable[str]) -> Iterator[dict[str, Any]]:
    for facility in facilities or ():
        key = facility.lower().replace("_", "-")
        if key in AMENITIES:
            icon, label = AMENITIES[key]
            yield {"icon": icon, "label": label}


@register.filter
def unlocalize_number(value: Any) -> str:
    """A coordinate with a point, whatever the language."""
    return f"{float(value):.6f}"


@register.filter
def opening_hours(hours: dict[str, Any] | None) -> str | Promise:
    """OCPI Hours in a word; empty means around the clock."""
    if not hours or hours.get("twentyfourseven"):
        return _("Open 24 h")
    regular = hours.get("regular_hours") or []
    if not regular:
        return _("See the opening hours on site")
    spans = {f"{one['period_begin']}–{one['period_end']}" for one in regular}
    return ", ".join(sorted(spans))


@register.filter
def percent(value: int | None) -> str:
    return "" if value is None else f"{value}%"


@register.filter
def in_minutes(at: datetime) -> str:
    """A guess at when something is over: '~9 min'."""
    return f"~{duration_text((at - clock.now()).total_seconds())}"


@register.simple_tag
def querystring_with(request: HttpRequest, **changes: Any) -> str:
    """The page's query with some parameters changed."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return query.urlencode()
