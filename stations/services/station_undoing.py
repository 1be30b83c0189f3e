"""Imported stations taken back, as long as nothing depends on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import IdToken
from core.dependents import first_dependent
from core.live import nudge
from stations.importing.kinds import Scene, StillNeeded
from stations.models import Arrival, ChargingStation, Circuit, Connector, Evse, Location, StationAlias

_DELETE: Final = (
    "delete from stations_connector c using stations_evse e where e.id = c.evse_id and station_id = any(%s)",
    "delete from stations_evse where station_id = any(%s)",
    "delete from stations_stationalias where station_id = any(%s)",
    "delete from stations_arrival where station_id = any(%s)",
    "delete from stations_chargingstation where id = any(%s)",
)
PARTS: Final = (Evse, Connector, Arrival, StationAlias)


def undo(made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene) -> None:
    """Raises StillNeeded, with the first thing that is in the way."""
    _demand_unused(made)
    for pk, before in changed:
        _restore(pk, before)
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


def _restore(pk: int, before: Mapping[str, Any]) -> None:
    """The fields as they were, unless somebody has changed them since."""
    station = ChargingStation.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if station is None:
        raise StillNeeded(_("A charger that was changed is gone by now."))
    fields = before["fields"]
    if any(getattr(station, name) != pair[1] for name, pair in fields.items()):
        raise StillNeeded(_("%(station)s was changed since.") % {"station": station.identity})
    _demand_no_dependents(Evse, before["evses"])
    ChargingStation.objects.filter(pk=pk).update(**{name: pair[0] for name, pair in fields.items()})
    Evse.objects.filter(pk__in=before["evses"]).delete()
    StationAlias.objects.filter(pk__in=before["aliases"]).delete()


def _remove_empty_sites(site_ids: set[int]) -> None:
    """Sites that it made go, too, unless somebody uses them by now."""
    for pk in site_ids:
        if first_dependent(Location, [pk], besides=(Circuit,)) is None:
            Location.objects.filter(pk=pk, circuits=None).delete()
