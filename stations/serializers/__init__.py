"""The words of the API: OCPI's where it has one. Shapes only; no logic.

A station is named by its identity, an EVSE by its public id; instants are UTC, energy in Wh, power in W.
"""

from stations.serializers.bulk import BulkItemSerializer, BulkRequest, BulkSerializer, DryRunSerializer
from stations.serializers.commands import CommandRequest, CommandSerializer, KindSerializer
from stations.serializers.places import (
    ConnectorSerializer,
    EvseRequest,
    EvseSerializer,
    LocationSerializer,
    PasswordSerializer,
    StationRequest,
    StationSerializer,
    VariableSerializer,
)
from stations.serializers.sessions import ReadingSerializer, SessionSerializer, StartRequest

__all__ = [
    "BulkItemSerializer",
    "BulkRequest",
    "BulkSerializer",
    "CommandRequest",
    "CommandSerializer",
    "ConnectorSerializer",
    "DryRunSerializer",
    "EvseRequest",
    "EvseSerializer",
    "KindSerializer",
    "LocationSerializer",
    "PasswordSerializer",
    "ReadingSerializer",
    "SessionSerializer",
    "StartRequest",
    "StationRequest",
    "StationSerializer",
    "VariableSerializer",
]
