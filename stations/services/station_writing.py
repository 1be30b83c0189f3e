"""Imported stations into the tables: sites, stations, EVSEs and connectors, each kind in one statement."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from django.db import connection
from django.utils.text import slugify

from accounts.models import Organization
from core.live import nudge
from stations.importing.cells import DC
from stations.importing.kinds import NEW, Scene, Verdict, Written
from stations.models import ChargingStation, Circuit, Connector, Evse, Location, StationAlias
from stations.services import arrivals
from stations.services.hardware import new_code

OWNED: Final = ("name", "vendor", "model", "serial", "secret_hash", "security_profile")
VOLTS: Final = 230
SINGLE_PHASE_UP_TO_W: Final = 7400
USUAL_W: Final = 22_000


def write(verdicts: Sequence[Verdict], scene: Scene) -> list[Written]:
    """Make the new stations, change the known ones. What it did, in the order of the verdicts."""
    Organization.objects.select_for_update(no_key=True).get(pk=scene.organization.pk)
    sites, made_sites = _sites(verdicts, scene)
    made = _make([one.values for one in verdicts if one.status == NEW], sites, scene)
    written = []
    for verdict in verdicts:
        station = made.get(verdict.values["identity"])
        if station is not None:
            before = {"site_made": station.location_id} if station.location_id in made_sites else {}
            written.append(Written(object_id=station.pk, before=before))
        else:
            written.append(_change(verdict.values, sites, scene))
    nudge(f"org.{scene.organization.pk}")
    return written


# --- sites -----------------------------------------------------------------------------------


Sites: TypeAlias = Mapping[int | str, Location]
"""By id, and by name without case."""


def _sites(verdicts: Sequence[Verdict], scene: Scene) -> tuple[Sites, set[int]]:
    """Every site of the network, and the ids of those that were made for these rows."""
    known = Location.objects.filter(organization=scene.organization, is_waiting_room=False)
    sites: dict[int | str, Location] = {}
    for site in known.order_by("-pk"):
        sites[site.pk] = sites[site.name.casefold()] = site
    places = [one.values["place"] for one in verdicts if one.values["place"]]
    missing = {_key(place): place for place in places if _key(place) not in sites}
    fresh = Location.objects.bulk_create([_site(place, scene) for place in missing.values()])
    return {**sites, **{site.name.casefold(): site for site in fresh}}, {site.pk for site in fresh}


def _key(place: Mapping[str, Any]) -> int | str:
    return int(place["id"]) if "id" in place else str(place["location"]).casefold()


def _site(place: Mapping[str, Any], scene: Scene) -> Location:
    organization, name = scene.organization, place["location"]
    return Location(
        organization=organization,
        name=name,
        slug=f"{slugify(name)[:66] or 'site'}-{secrets.token_hex(4)}",
        address=place.get("address", ""),
        city=place.get("city", ""),
        postal_code=place.get("postal_code", ""),
        country_code=place.get("country", "").upper(),
        latitude=Decimal(place.get("latitude", 0)),
        longitude=Decimal(place.get("longitude", 0)),
        time_zone=organization.time_zone,
        is_public=bool(scene.options.get("is_public")),
    )


# --- new stations ----------------------------------------------------------------------------


def _make(rows: Sequence[Mapping[str, Any]], sites: Sites, scene: Scene) -> dict[str, ChargingStation]:
    stations = ChargingStation.objects.bulk_create([_station(row, sites, scene) for row in rows])
    made = {station.identity: station for station in stations}
    arrivals.expect(stations)
    _add_stalls([(made[row["identity"]], 1, row["stalls"]) for row in rows], scene.organization)
    StationAlias.objects.bulk_create(
        StationAlias(organization=scene.organization, station=made[row["identity"]], alias=row["alias"])
        for row in rows
        if row.get("alias")
    )
    return made


def _station(row: Mapping[str, Any], sites: Sites, scene: Scene) -> ChargingStation:
    return ChargingStation(
        organization=scene.organization,
        location=sites[_key(row["place"])],
        identity=row["identity"],
        **{name: row[name] for name in OWNED if name in row},
    )


def _add_stalls(
    wanted: Sequence[tuple[ChargingStation, int, Sequence[Any]]], organization: Organization
) -> list[Evse]:
    """`wanted`: each station, the first number to give, and the stalls."""
    numbered = [
        (station, number, stall)
        for station, first, stalls in wanted
        for number, stall in enumerate(stalls, start=first)
    ]
    grids = _grids({station.location_id for station, _number, _stall in numbered})
    running = _running_numbers(len(numbered))
    evses = Evse.objects.bulk_create(
        _evse(station, number, stall, organization, grids, serial)
        for (station, number, stall), serial in zip(numbered, running, strict=True)
    )
    Connector.objects.bulk_create(
        Connector(organization=organization, evse=evse, number=n, standard=standard, has_cable=standard in DC)
        for evse, (_station, _number, stall) in zip(evses, numbered, strict=True)
        for n, standard in enumerate(stall[0], start=1)
    )
    return evses


def _grids(location_ids: set[int]) -> dict[int, int]:
    roots = Circuit.objects.filter(location__in=location_ids, parent=None)
    return dict(roots.values_list("location_id", "pk"))


def _running_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('stations_evse_running_number') from generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def _evse(
    station: ChargingStation,
    number: int,
    stall: Sequence[Any],
    organization: Organization,
    grids: Mapping[int, int],
    running: int,
) -> Evse:
    standards, watts = stall[0], stall[1] or USUAL_W
    is_dc = bool(DC & set(standards))
    phases = 1 if watts <= SINGLE_PHASE_UP_TO_W and not is_dc else 3
    return Evse(
        organization=organization,
        station=station,
        number=number,
        evse_id=f"{organization.country_code}*{organization.party_id}*E{running:06d}*{number}".upper(),
        code=new_code(),
        circuit_id=grids.get(station.location_id),
        current_type=Evse.Current.DC if is_dc else Evse.Current.AC,
        phases=phases,
        max_power_w=watts,
        max_current_a=max(6, round(watts / (phases * VOLTS))),
    )


# --- known stations --------------------------------------------------------------------------


def _change(values: Mapping[str, Any], sites: Sites, scene: Scene) -> Written:
    """Only what differs. `before` keeps each field as [old, new], and what was added."""
    station = ChargingStation.objects.select_for_update(no_key=True).get(
        identity=values["identity"], organization=scene.organization
    )
    wanted = {name: values[name] for name in OWNED if name in values}
    if values["place"]:
        wanted["location_id"] = sites[_key(values["place"])].pk
    fields = {name: [getattr(station, name), new] for name, new in wanted.items()}
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    ChargingStation.objects.filter(pk=station.pk).update(**{name: pair[1] for name, pair in fields.items()})
    added = _add_to(station, values, scene)
    if station.connection_no == 0:
        arrivals.expect([station])
    nudge(f"station.{station.pk}")
    return Written(object_id=station.pk, before={"fields": fields, **added})


def _add_to(station: ChargingStation, values: Mapping[str, Any], scene: Scene) -> dict[str, list[int]]:
    there = station.evses.count()
    more = values["stalls"][there:]
    evses = _add_stalls([(station, there + 1, more)], scene.organization) if more else []
    names = [values["alias"]] if values.get("alias") else []
    taken = StationAlias.objects.filter(alias__iexact=names[0]).exists() if names else True
    aliases = (
        [] if taken else [StationAlias(organization=scene.organization, station=station, alias=names[0])]
    )
    StationAlias.objects.bulk_create(aliases)
    return {"evses": [evse.pk for evse in evses], "aliases": [alias.pk for alias in aliases]}
