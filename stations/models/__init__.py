from stations.models.commands import StationCommand
from stations.models.device import DeviceVariable
from stations.models.sessions import ChargingSession, DailyUsage, MeterReading, StrayReport
from stations.models.topology import ChargingStation, Circuit, Connector, Evse, Location

__all__ = [
    "ChargingSession",
    "ChargingStation",
    "Circuit",
    "Connector",
    "DailyUsage",
    "DeviceVariable",
    "Evse",
    "Location",
    "MeterReading",
    "StationCommand",
    "StrayReport",
]
