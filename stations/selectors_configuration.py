"""Configuration templates, and how far a network's chargers have drifted from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from stations.drift import Setting, Told, compare
from stations.models import ChargingStation, ConfigurationTemplate, DeviceVariable

ACTUAL: Final = "Actual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A charger beside its template; `differing` may be sent, `unknown` were never told."""

    station: ChargingStation
    settings: list[Setting]

    @property
    def differing(self) -> int:
        return sum(setting.state in ("differs", "read_only") for setting in self.settings)

    @property
    def unknown(self) -> int:
        return sum(setting.state == "not_told" for setting in self.settings)


def templates(user: Any) -> QuerySet[ConfigurationTemplate]:
    visible = ConfigurationTemplate.objects.visible_to(user)
    return visible.select_related("organization", "changed_by").order_by("name")


def template_for(station: ChargingStation) -> ConfigurationTemplate | None:
    """The narrowest template that fits; of two equally narrow ones the newer."""
    own = ConfigurationTemplate.objects.filter(organization_id=station.organization_id)
    fitting = [template for template in own if template.fits(station)]
    return max(fitting, key=lambda template: (template.rank(), template.changed_at), default=None)


def settings_of(station: ChargingStation, template: ConfigurationTemplate | None) -> list[Setting]:
    """Every setting of the station beside the wanted ones, what differs first."""
    told = _told(station.variables.all())
    return compare(template.settings if template else {}, told.get(station.pk, {}))


def drift_from(template: ConfigurationTemplate, user: Any) -> list[Drifted]:
    """The chargers that this template decides, those that differ most first. Three queries."""
    visible = ChargingStation.objects.visible_to(user).filter(organization_id=template.organization_id)
    fitting = [station for station in visible.select_related("location") if template.fits(station)]
    rivals = list(ConfigurationTemplate.objects.filter(organization_id=template.organization_id))
    decided = [station for station in fitting if _decider(station, rivals) == template]
    told = _told(DeviceVariable.objects.filter(station__in=decided))
    found = [
        Drifted(station=station, settings=compare(template.settings, told.get(station.pk, {})))
        for station in decided
    ]
    return sorted(found, key=lambda one: (-one.differing, -one.unknown, one.station.identity))


def _decider(
    station: ChargingStation, rivals: Iterable[ConfigurationTemplate]
) -> ConfigurationTemplate | None:
    fitting = [template for template in rivals if template.fits(station)]
    return max(fitting, key=lambda template: (template.rank(), template.changed_at), default=None)


def _told(variables: Iterable[DeviceVariable]) -> Mapping[int, dict[str, Told]]:
    told: dict[int, dict[str, Told]] = {}
    for variable in variables:
        if variable.attribute == ACTUAL:
            said = Told(variable.value, variable.mutability)
            told.setdefault(variable.station_id, {})[setting_name(variable)] = said
    return told


def setting_name(variable: DeviceVariable) -> str:
    """As commands name it: "Key" in 1.6, "Component[instance]@evse:connector.Variable[instance]" in 2.x."""
    name = f"{variable.variable}[{variable.instance}]" if variable.instance else variable.variable
    return f"{_component(variable)}.{name}" if variable.component else name


def _component(variable: DeviceVariable) -> str:
    instance = f"[{variable.component_instance}]" if variable.component_instance else ""
    connector = f":{variable.connector_number}" if variable.connector_number else ""
    where = f"@{variable.evse_number}{connector}" if variable.evse_number else ""
    return f"{variable.component}{instance}{where}"
