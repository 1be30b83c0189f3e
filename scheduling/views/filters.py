"""The filters of the find page as the reader sees them: which are on, and which to take off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Vehicle
from core.templatetags.places import plug_name
from core.ui.numbers import money_text
from scheduling.forms import read_price, read_wish
from scheduling.selectors.places import find_places


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """A filter that is on; `query` is the page's without it, `places` how many would be found then."""

    label: str
    query: str
    places: int


def chosen_filters(query: QueryDict) -> dict[str, Sequence[str] | str]:
    """What the drawer of all filters shows as chosen."""
    return {"plugs": query.getlist("plug"), "power": query.get("power", ""), "most": query.get("most", "")}


def ways_out(query: QueryDict, car: Vehicle | None, user_id: int | None = None) -> list[Relaxed]:
    """Of an empty list: each filter that hides something by itself, the most helpful first."""
    found = [
        Relaxed(label=label, query=rest.urlencode(), places=len(find_places(read_wish(rest, car, user_id))))
        for label, rest in _without_each(query, car)
    ]
    return sorted((one for one in found if one.places), key=lambda one: -one.places)


def _without_each(query: QueryDict, car: Vehicle | None) -> Iterator[tuple[str, QueryDict]]:
    for name, label in _labels(query, car):
        rest = query.copy()
        rest.pop(name, None)
        if name == "car":
            rest["car"] = "0"
        yield label, rest


def _labels(query: QueryDict, car: Vehicle | None) -> Iterator[tuple[str, str]]:
    if query.get("q"):
        yield "q", f"“{query.get('q', '').strip()[:40]}”"
    if car and query.get("car", "1") != "0":
        yield "car", car.name
    names = {
        "saved": _("Saved"),
        "free": _("Free now"),
        "fast": _("150 kW+"),
        "cheap": _("Cheap"),
        "plug": _plugs(query),
    }
    yield from ((name, label) for name, label in names.items() if name in query and label)
    if query.get("power"):
        yield "power", _("from %(power)s kW") % {"power": query["power"][:5]}
    if most := read_price(query.get("most", "")):
        yield "most", _("up to %(price)s") % {"price": money_text(most)}


def _plugs(query: QueryDict) -> str:
    return plug_name(query.getlist("plug"))
