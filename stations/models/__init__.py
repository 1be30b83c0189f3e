from stations.models.attempts import StartAttempt
from stations.models.bulk import BulkCommand, BulkItem
from stations.models.certificates import StationCertificate
from stations.models.charging_reports import ChargingNeeds, ReportedLimit, ReportedProfile
from stations.models.commands import StationCommand
from stations.models.commissioning import (
    CommissioningCheck,
    CommissioningLink,
    CommissioningRecord,
    StallLabel,
)
from stations.models.device import DeviceVariable
from stations.models.device_reports import DeviceEvent, DisplayMessage, StationReport, VariableMonitor
from stations.models.files import FileLink, StoredFile
from stations.models.imports import DataImport, ImportRow
from stations.models.local_lists import LocalList
from stations.models.measuring import IssuedEvseId, Measurement, Meter, SignedValue
from stations.models.moving import Arrival, PathAlias, StationAlias
from stations.models.notices import SecurityEvent, StationNotice, StationTransfer
from stations.models.onboarding import DoorPolicy, HeldStation, StationTemplate
from stations.models.payment_codes import PaymentCode
from stations.models.sessions import ChargingSession, DailyUsage, MeterReading, StrayReport
from stations.models.templates import ConfigurationTemplate
from stations.models.topology import ChargingStation, Circuit, Connector, Evse, Location

__all__ = [
    "Arrival",
    "BulkCommand",
    "BulkItem",
    "ChargingNeeds",
    "ChargingSession",
    "ChargingStation",
    "Circuit",
    "CommissioningCheck",
    "CommissioningLink",
    "CommissioningRecord",
    "ConfigurationTemplate",
    "Connector",
    "DailyUsage",
    "DataImport",
    "DeviceEvent",
    "DeviceVariable",
    "DisplayMessage",
    "DoorPolicy",
    "Evse",
    "FileLink",
    "HeldStation",
    "ImportRow",
    "IssuedEvseId",
    "LocalList",
    "Location",
    "Measurement",
    "Meter",
    "MeterReading",
    "PathAlias",
    "PaymentCode",
    "ReportedLimit",
    "ReportedProfile",
    "SecurityEvent",
    "SignedValue",
    "StallLabel",
    "StartAttempt",
    "StationAlias",
    "StationCertificate",
    "StationCommand",
    "StationNotice",
    "StationReport",
    "StationTemplate",
    "StationTransfer",
    "StoredFile",
    "StrayReport",
    "VariableMonitor",
]
