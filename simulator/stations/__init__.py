"""Virtual charging stations: the public names. The page is in `simulator/__init__.py`."""

from simulator.stations.cabinet import Impossible
from simulator.stations.clock import FastClock
from simulator.stations.demand import Arrival, plan_day
from simulator.stations.fleet import Fleet, FleetPlan, write_state
from simulator.stations.live import HandshakeRefused, LiveStation
from simulator.stations.obliging import Obliging
from simulator.stations.spec import EvseSpec, SpecError, StationSpec
from simulator.stations.station import Station
from simulator.stations.town import DEMO_TOWN, Driver, Site, Town, build_stations, load_town
from simulator.stations.vehicles import CATALOG, Vehicle, VehicleSpec
from simulator.stations.virtual import VirtualStation, play
from simulator.stations.visits import schedule_visit

__all__ = [
    "CATALOG",
    "DEMO_TOWN",
    "Arrival",
    "Driver",
    "EvseSpec",
    "FastClock",
    "Fleet",
    "FleetPlan",
    "HandshakeRefused",
    "Impossible",
    "LiveStation",
    "Obliging",
    "Site",
    "SpecError",
    "Station",
    "StationSpec",
    "Town",
    "Vehicle",
    "VehicleSpec",
    "VirtualStation",
    "build_stations",
    "load_town",
    "plan_day",
    "play",
    "schedule_visit",
    "write_state",
]
