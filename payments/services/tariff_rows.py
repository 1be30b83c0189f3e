"""Tariffs out of a file: OCPI's JSON of any 2.x, or a simple table of prices. Few rows, one by one.

Up to OCPI 2.2.1 prices are without tax and nothing says so; in a simple table they are what drivers pay.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import permissions
from accounts.models import Organization
from core.dependents import first_dependent
from payments.models import Tariff
from payments.rating import ocpi
from payments.rating.ocpi import InvalidTariff
from payments.services.tariffs import create_tariff, revise_tariff
from stations.importing import cells as read
from stations.importing.cells import NotUnderstood
from stations.importing.kinds import (
    CHANGED,
    NEW,
    UNCHANGED,
    Field,
    Problem,
    Scene,
    StillNeeded,
    Verdict,
    Written,
)

MINUTES: Final = 60
SHAPE: Final = ("currency", "tax_included", "elements", "min_price", "max_price")
FIELDS: Final = (
    Field(name="name", label=gettext_lazy("Name"), also=("tariffname", "title", "bezeichnung")),
    Field(name="id", label=gettext_lazy("Id"), also=("tariffid", "uid")),
    Field(name="currency", label=gettext_lazy("Currency"), also=("waehrung", "währung")),
    Field(name="elements", label=gettext_lazy("OCPI elements")),
    Field(name="tariff_alt_text", label=gettext_lazy("OCPI text")),
    Field(name="min_price", label=gettext_lazy("OCPI minimum")),
    Field(name="max_price", label=gettext_lazy("OCPI maximum")),
    Field(
        name="per_kwh",
        label=gettext_lazy("Price per kWh"),
        also=("priceperkwh", "pricekwh", "kwh", "energy", "energyprice", "preisprokwh"),
    ),
    Field(
        name="per_minute",
        label=gettext_lazy("Price per minute"),
        also=("priceperminute", "pricepermin", "minute", "permin", "preisprominute"),
    ),
    Field(
        name="flat",
        label=gettext_lazy("Once per charge"),
        also=("flatprice", "sessionfee", "startfee", "grundpreis"),
    ),
    Field(
        name="tax", label=gettext_lazy("Tax in percent"), also=("vat", "taxpercent", "mwst", "steuer", "ust")
    ),
    Field(
        name="tax_included", label=gettext_lazy("Prices include tax"), also=("taxincluded", "gross", "brutto")
    ),
)


class TariffImporter:
    """See `stations.importing.kinds.Importer`."""

    kind = "tariffs"
    title: str | Promise = gettext_lazy("Tariffs")
    fields = FIELDS

    def may(self, user: Any, organization: Organization) -> bool:
        return permissions.may_manage_money(user, organization)

    def parse(self, cells: Mapping[str, str], scene: Scene) -> tuple[str, dict[str, Any]]:
        name = (cells.get("name") or _alt_text(cells) or cells.get("id", ""))[:80]
        if not name:
            raise Problem(_("It has neither a name nor an id."))
        values = _from_ocpi(cells) if "elements" in cells else _from_prices(cells)
        values |= {"name": name, "id": cells.get("id", "")}
        values["currency"] = cells.get("currency", scene.organization.currency).upper()
        return name, _checked(values)

    def compare(self, rows: Sequence[Mapping[str, Any]], scene: Scene) -> list[Verdict]:
        newest = Tariff.objects.filter(organization=scene.organization).order_by("public_id", "-version")
        known = list(newest.distinct("public_id"))
        return [_judge(row, known) for row in rows]

    def write(self, verdicts: Sequence[Verdict], scene: Scene) -> list[Written]:
        return [_write(one.values, scene) for one in verdicts]

    def undo(
        self, made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene
    ) -> None:
        versions = [*made, *(pk for pk, _before in changed)]
        used = Tariff.objects.filter(pk__in=versions, used_at__isnull=False).first()
        needed = used or first_dependent(Tariff, versions)
        if needed is not None:
            raise StillNeeded(_("Somebody uses what was imported: “%(row)s”.") % {"row": needed})
        Tariff.objects.filter(pk__in=versions).delete()


IMPORTER: Final = TariffImporter()


# --- one row ---------------------------------------------------------------------------------


def _from_ocpi(cells: Mapping[str, str]) -> dict[str, Any]:
    elements = _json(cells, "elements")
    limits = {name: _limit(_json(cells, name)) for name in ("min_price", "max_price") if name in cells}
    said = cells.get("tax_included", "").upper()
    included = said if said in Tariff.TaxIncluded.values else _included(cells, default=False)
    return {"elements": elements, "tax_included": included, **limits}


def _json(cells: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(cells[name], parse_float=str, parse_int=int)
    except (ValueError, RecursionError) as error:
        raise Problem(_("“%(field)s” is not JSON as OCPI writes it.") % {"field": name}) from error


def _limit(said: Any) -> Any:
    """OCPI 2.3.0's PriceLimit of 2.2's Price."""
    if not isinstance(said, Mapping):
        return said
    before = said.get("before_taxes", said.get("excl_vat"))
    after = said.get("after_taxes", said.get("incl_vat"))
    limits = {"before_taxes": before, "after_taxes": after}
    return {name: str(amount) for name, amount in limits.items() if amount is not None}


def _included(cells: Mapping[str, str], *, default: bool) -> str:
    is_included = _read("tax_included", read.yes, cells) if "tax_included" in cells else default
    return str(Tariff.TaxIncluded.YES if is_included else Tariff.TaxIncluded.NO)


def _from_prices(cells: Mapping[str, str]) -> dict[str, Any]:
    prices = {name: _read(name, _price, cells) for name in ("per_kwh", "per_minute", "flat") if name in cells}
    vat = {"vat": str(_read("tax", _percent, cells))} if "tax" in cells else {}
    kinds = {"per_kwh": ("ENERGY", 1, 1), "per_minute": ("TIME", MINUTES, MINUTES), "flat": ("FLAT", 1, 1)}
    components = []
    for name, price in prices.items():
        word, factor, step = kinds[name]
        components.append({"type": word, "price": str(price * factor), "step_size": step, **vat})
    if not components:
        raise Problem(_("It has no price: per kWh, per minute or once per charge."))
    return {
        "elements": [{"price_components": components}],
        "tax_included": _included(cells, default=True),
    }


def _price(text: str) -> Decimal:
    number = read.decimal(text.strip("€$£ "))
    if not 0 <= number < 10_000:
        raise NotUnderstood(text)
    return number.normalize() if number else Decimal(0)


def _percent(text: str) -> Decimal:
    number = read.decimal(text.strip("% "))
    if not 0 <= number <= 100:
        raise NotUnderstood(text)
    return number


def _read(name: str, reader: Any, cells: Mapping[str, str]) -> Any:
    try:
        return reader(cells[name])
    except NotUnderstood as error:
        label = next(field.label for field in FIELDS if field.name == name)
        words = _("“%(text)s” is not understood as %(field)s.")
        raise Problem(words % {"text": cells[name][:60], "field": label}) from error


def _alt_text(cells: Mapping[str, str]) -> str:
    texts = _json(cells, "tariff_alt_text") if "tariff_alt_text" in cells else []
    first = texts[0] if isinstance(texts, list) and texts else {}
    return str(first.get("text", "")) if isinstance(first, Mapping) else ""


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the rating engine reads them, so that equal tariffs are equal. Raises Problem."""
    try:
        shaped = ocpi.to_ocpi(ocpi.from_ocpi({**values, "id": values["id"] or "new"}))
    except InvalidTariff as error:
        raise Problem(_("It is not a tariff: %(why)s") % {"why": str(error)[:200]}) from error
    return {**{name: shaped.get(name) for name in SHAPE}, "name": values["name"], "id": values["id"]}


# --- against what is there -------------------------------------------------------------------


def _judge(row: Mapping[str, Any], known: Sequence[Tariff]) -> Verdict:
    tariff = _known(row, known)
    if tariff is None:
        told = {name: ["", _text(row[name])] for name in ("currency", "tax_included", "elements")}
        return Verdict(status=NEW, values=dict(row), changes=told)
    there = _shape(tariff)
    changes = {
        name: [_text(there[name]), _text(row[name])] for name in (*SHAPE, "name") if there[name] != row[name]
    }
    values = {**row, "revises": tariff.pk}
    return Verdict(status=CHANGED if changes else UNCHANGED, values=values, changes=changes)


def _known(row: Mapping[str, Any], known: Sequence[Tariff]) -> Tariff | None:
    """By our own public id, or by the name."""
    try:
        public_id = uuid.UUID(row["id"])
    except ValueError:
        public_id = None
    by_id = (one for one in known if one.public_id == public_id)
    by_name = (one for one in known if one.name.casefold() == row["name"].casefold())
    return next(by_id, None) or next(by_name, None)


def _shape(tariff: Tariff) -> dict[str, Any]:
    data = {name: getattr(tariff, name) for name in SHAPE}
    shaped = ocpi.to_ocpi(ocpi.from_ocpi({**data, "id": str(tariff.public_id)}))
    return {**{name: shaped.get(name) for name in SHAPE}, "name": tariff.name}


def _text(value: Any) -> str:
    """Prices as people read them; whatever else as it is."""
    if not isinstance(value, list):
        return "" if value is None else str(value)
    parts = [part for element in value for part in element["price_components"]]
    return ", ".join(f"{part['type']} {part['price']}" for part in parts)


def _write(values: Mapping[str, Any], scene: Scene) -> Written:
    fields = {name: values[name] for name in (*SHAPE, "name")}
    if "revises" not in values:
        return Written(object_id=create_tariff(organization=scene.organization, **fields).pk)
    known = Tariff.objects.get(pk=values["revises"])
    return Written(object_id=revise_tariff(tariff=known, **fields).pk, before={"was": known.pk})
