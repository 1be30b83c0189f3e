"""Stations out of a file: parsed, compared with what is there, written and taken back, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db.models.functions import Upper
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import permissions
from accounts.models import Organization
from stations.importing import cells as read
from stations.importing.cells import NotUnderstood
from stations.importing.kinds import CHANGED, NEW, PROBLEM, UNCHANGED, Problem, Scene, Verdict, Written
from stations.models import ChargingStation, DoorPolicy, Location, StationAlias
from stations.services import station_undoing, station_writing
from stations.services.foreign_addresses import name_problem
from stations.services.secrets import hash_secret
from stations.services.station_columns import FIELDS, PLACE_TEXTS, TEXTS

SEALED: Final = "hmac-sha256:"


class StationImporter:
    """See `stations.importing.kinds.Importer`."""

    kind = "stations"
    title: str | Promise = gettext_lazy("Chargers")
    fields = FIELDS

    def may(self, user: Any, organization: Organization) -> bool:
        return permissions.may_manage_hardware(user, organization)

    def parse(self, cells: Mapping[str, str], scene: Scene) -> tuple[str, dict[str, Any]]:
        identity = cells["identity"]
        for name in filter(None, (identity, cells.get("alias", ""))):
            if name_problem(name):
                raise Problem(
                    _("“%(name)s”: a charger's name has 1 to 48 characters and no colon.")
                    % {"name": name[:60]}
                )
        values: dict[str, Any] = {"identity": identity, "place": _place(cells)}
        values |= {name: cells[name][:most] for name, most in TEXTS.items() if name in cells}
        if cells.get("alias", identity) != identity:
            values["alias"] = cells["alias"]
        if "password" in cells:
            values["secret_hash"] = _hash(cells["password"])
        if "security_profile" in cells:
            values["security_profile"] = _understood("security_profile", _profile, cells)
        values["stalls"] = [[list(one.standards), one.max_power_w] for one in _stalls(cells)]
        return identity, values

    def compare(self, rows: Sequence[Mapping[str, Any]], scene: Scene) -> list[Verdict]:
        world = _World(rows, scene)
        return [_judge(row, world) for row in rows]

    def write(self, verdicts: Sequence[Verdict], scene: Scene) -> list[Written]:
        return station_writing.write(verdicts, scene)

    def undo(
        self, made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene
    ) -> None:
        station_undoing.undo(made, changed, scene)


IMPORTER: Final = StationImporter()


# --- one row ---------------------------------------------------------------------------------


def _hash(cell: str) -> str:
    return cell.removeprefix(SEALED) if cell.startswith(SEALED) else hash_secret(cell)


def _profile(text: str) -> int:
    number = read.whole(text)
    if not 0 <= number <= 3:
        raise NotUnderstood(text)
    return number


def _understood(name: str, reader: Any, cells: Mapping[str, str]) -> Any:
    label = next(field.label for field in FIELDS if field.name == name)
    try:
        return reader(cells[name])
    except (NotUnderstood, ValueError, TypeError, KeyError) as error:
        raise Problem(
            _("“%(text)s” is not understood as %(field)s.") % {"text": cells[name][:60], "field": label}
        ) from error


def _place(cells: Mapping[str, str]) -> dict[str, str]:
    place = {name: cells[name][:most] for name, most in PLACE_TEXTS.items() if name in cells}
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name in cells:
            place[name] = str(_understood(name, lambda text, most=most: _degrees(text, most), cells))
    if ("latitude" in place) != ("longitude" in place):
        raise Problem(_("Of latitude and longitude only one is there."))
    return place


def _degrees(text: str, most: int) -> Decimal:
    number = read.decimal(text)
    if abs(number) > most:
        raise NotUnderstood(text)
    return number.quantize(Decimal("0.000001"))


def _stalls(cells: Mapping[str, str]) -> Sequence[read.Stall]:
    """Of the one cell that says all; or of number, connector and power, each stall alike."""
    if "stalls" in cells and not cells["stalls"].isdecimal():
        return tuple(_understood("stalls", read.stalls, cells))
    count_in = "stalls" if "stalls" in cells else "stall_count"
    if not {count_in, "plug", "max_power"} & cells.keys():
        return ()
    count = int(_understood(count_in, read.whole, cells)) if count_in in cells else 1
    if not 0 < count <= read.STALLS_AT_MOST:
        raise Problem(_("A charger has 1 to 64 stalls."))
    standard = _understood("plug", read.plug, cells) if "plug" in cells else "IEC_62196_T2"
    watts = _understood("max_power", read.power_w, cells) if "max_power" in cells else 0
    return [read.Stall((standard,), watts)] * count


# --- against what is there -------------------------------------------------------------------


class _World:
    """What the rows are compared with, in five queries."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], scene: Scene) -> None:
        organization = scene.organization
        identities = [row["identity"] for row in rows]
        names = {name.upper() for row in rows for name in (row.get("alias"), row["identity"]) if name}
        stations = ChargingStation.objects.filter(identity__in=identities)
        self.organization_id = organization.pk
        self.stations = {
            one.identity: one for one in stations.select_related("location").prefetch_related("evses")
        }
        held = StationAlias.objects.select_related("station").alias(called=Upper("alias"))
        self.aliases = {one.alias.upper(): one.station for one in held.filter(called__in=names)}
        sites = Location.objects.filter(organization=organization, is_waiting_room=False)
        self.sites = {site.name.casefold(): site for site in sites.order_by("-pk")}
        self.site_ids = {site.pk for site in self.sites.values()}
        self.default_site = sites.filter(pk=scene.options.get("site") or 0).first()
        self.allows_unsecured = DoorPolicy.objects.filter(pk=organization.pk, allows_unsecured=True).exists()
        self.spots = _spots(rows)


def _spots(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Where each site that the file names lies, by the first row that says so."""
    spots: dict[str, dict[str, str]] = {}
    for row in rows:
        place = row["place"]
        if "latitude" in place and place.get("location"):
            spots.setdefault(place["location"].casefold(), place)
    return spots


def _judge(row: Mapping[str, Any], world: _World) -> Verdict:
    station = world.stations.get(row["identity"])
    problem = _problem(row, station, world)
    if problem:
        return Verdict(status=PROBLEM, problem=problem)
    values = {**row, "place": _site_of(row, station, world)}
    if station is None and not values["place"]:
        words = _("It has no site: name one with latitude and longitude, or choose one for all such rows.")
        return Verdict(status=PROBLEM, problem=words)
    if station is None:
        return Verdict(status=NEW, values=values, changes=_told(values))
    changes = _changes(values, station, world)
    return Verdict(status=CHANGED if changes else UNCHANGED, values=values, changes=changes)


def _problem(row: Mapping[str, Any], station: ChargingStation | None, world: _World) -> str:
    if station is not None and station.organization_id != world.organization_id:
        return _(
            "A charger outside your network has this identity. "
            "Give it another one, and this one as “Dials as”."
        )
    named_so = world.aliases.get(row["identity"].upper())
    if named_so is not None and named_so.identity != row["identity"]:
        return _("Another charger dials by this name. Choose another identity.")
    holder = world.aliases.get(str(row.get("alias", "")).upper())
    if holder is not None and holder.identity != row["identity"]:
        return _("Another charger dials as “%(name)s”.") % {"name": row["alias"]}
    if row.get("security_profile") == 0 and not world.allows_unsecured:
        return _(
            "Your network does not allow chargers without a password. Allow them under “New chargers” first."
        )
    return ""


def _site_of(row: Mapping[str, Any], station: ChargingStation | None, world: _World) -> dict[str, Any]:
    """The site as it shall be: a known one by its id, or a new one whole; empty: none is said."""
    place = dict(row["place"])
    if place.get("id") in world.site_ids:  # judged before; it may have been renamed since
        return place
    place.pop("id", None)
    name = place.get("location", "")
    if not name:
        if station is not None:
            return {}
        if world.default_site is not None:
            return {"id": world.default_site.pk, "location": world.default_site.name}
        name = row.get("name") or row["identity"]
    known = world.sites.get(name.casefold())
    if known is not None:
        return {"id": known.pk, "location": known.name}
    spot = place if "latitude" in place else world.spots.get(name.casefold(), {})
    return {**spot, **place, "location": name} if spot else {}


def _told(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a new station brings, for people."""
    told = {"site": values["place"]["location"], "stalls": _stalls_text(values["stalls"])}
    told |= {name: values[name] for name in (*TEXTS, "alias") if values.get(name)}
    if "secret_hash" in values:
        told["password"] = _("known")
    return {name: ["", text] for name, text in told.items() if text}


def _stalls_text(stalls: Sequence[Any]) -> str:
    return str(len(stalls)) if stalls else ""


def _changes(values: Mapping[str, Any], station: ChargingStation, world: _World) -> dict[str, list[str]]:
    changes = {
        name: [str(getattr(station, name)), str(values[name])]
        for name in (*TEXTS, "security_profile")
        if name in values and getattr(station, name) != values[name]
    }
    place = values["place"]
    if place and place.get("id") != station.location_id:
        changes["site"] = [station.location.name, place["location"]]
    if values.get("secret_hash", station.secret_hash) != station.secret_hash:
        changes["password"] = [_("another") if station.secret_hash else _("not known"), _("known")]
    if "alias" in values and world.aliases.get(values["alias"].upper()) is None:
        changes["alias"] = ["", values["alias"]]
    if len(values["stalls"]) > len(station.evses.all()):
        changes["stalls"] = [str(len(station.evses.all())), str(len(values["stalls"]))]
    return changes
