"""Imported stations taken back, as long as nothing depends on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import IdToken
from core.dependents import first_dependent, needed
from core.live import nudge
from stations.importing.kinds import Scene, StillNeeded
from stations.models import Arrival, ChargingStation, Connector, Evse, Location, StationAlias
from stations.services.station_writing import OWNED

_DELETE: Final = (
    "delete from stations_connector c using stations_evse e where e.id = c.evse_id and station_id = any(%s)",
    "delete from stations_evse where station_id = any(%s)",
    "delete from stations_stationalias where station_id = any(%s)",
    "delete from stations_arrival where station_id = any(%s)",
    "delete from stations_chargingstation where id = any(%s)",
)
CHANGEABLE: Final = (*OWNED, "location_id")
_RESTORE: Final = """
update stations_chargingstation s
   set name = t.name, vendor = t.vendor, model = t.model, serial = t.serial, secret_hash = t.secret_hash,
       security_profile = t.security_profile, location_id = t.location_id
  from json_to_recordset(%s) as t(id bigint, name text, vendor text, model text, serial text,
       secret_hash text, security_profile smallint, location_id bigint)
 where s.id = t.id
"""
PARTS: Final = (Evse, Connector, Arrival, StationAlias)


def undo(made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene) -> None:
    """Raises StillNeeded, with the first thing that is in the way."""
    _demand_unused(made)
    if changed:
        _restore(changed)
    if made:
        _delete(made)
    _remove_empty_sites({before["site_made"] for before in scene.options["made"] if "site_made" in before})
    nudge(f"org.{scene.organization.pk}")


def _delete(made: Sequence[int]) -> None:
    """The stations and their parts, which nothing else points at: foreign keys prove it once more."""
    with connection.cursor() as cursor:
        for statement in _DELETE:
            cursor.execute(statement, [list(made)])


def _demand_unused(made: Sequence[int]) -> None:
    seen = ChargingStation.objects.filter(pk__in=made, last_seen_at__isnull=False).first()
    if seen is not None:
        raise StillNeeded(_("%(station)s has been connected since.") % {"station": seen.identity})
    evses = list(Evse.objects.filter(station__in=made).values_list("pk", flat=True))
    _demand_no_dependents(ChargingStation, made)
    _demand_no_dependents(Evse, evses)


def _demand_no_dependents(model: type[ChargingStation | Evse | IdToken], keys: Sequence[int]) -> None:
    row = first_dependent(model, keys, besides=PARTS)
    if row is not None:
        words = _("Something needs what was imported: %(what)s “%(row)s”.")
        raise StillNeeded(words % {"what": row._meta.verbose_name, "row": row})


def _restore(changed: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """The fields as they were, unless somebody has changed them since."""
    locked = ChargingStation.objects.select_for_update(no_key=True).order_by("pk")
    stations = locked.in_bulk([pk for pk, _before in changed])
    added = [evse for _pk, before in changed for evse in before["evses"]]
    _demand_no_dependents(Evse, added)
    _write([_as_it_was(stations.get(pk), before["fields"]) for pk, before in changed])
    Evse.objects.filter(pk__in=added).delete()
    aliases = [alias for _pk, before in changed for alias in before["aliases"]]
    StationAlias.objects.filter(pk__in=aliases).delete()


def _as_it_was(station: ChargingStation | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    if station is None:
        raise StillNeeded(_("A charger that was changed is gone by now."))
    if any(getattr(station, name) != pair[1] for name, pair in fields.items()):
        raise StillNeeded(_("%(station)s was changed since.") % {"station": station.identity})
    now = {name: getattr(station, name) for name in ("id", *CHANGEABLE)}
    return now | {name: pair[0] for name, pair in fields.items()}


def _write(rows: Sequence[Mapping[str, Any]]) -> None:
    """All in one statement; what is not restored stays as it is, for the rows are locked."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE, [orjson.dumps(rows).decode()])


def _remove_empty_sites(site_ids: set[int]) -> None:
    """Sites that it made go, too, unless somebody uses them by now."""
    Location.objects.filter(pk__in=site_ids - needed(Location, site_ids)).delete()
