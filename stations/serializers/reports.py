"""What stations report beside sessions and states: attempts, transfers, certificates, monitors, files."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from stations.models import (
    SecurityEvent,
    StartAttempt,
    StationCertificate,
    StationTransfer,
    StoredFile,
    VariableMonitor,
)

ATTEMPT = {
    "id": "5d1c8a52-8c3c-4d0b-9b0e-0b8f5a2f7f10",
    "station": "HUB-1",
    "evse_id": "DE*NWC*E00012*1",
    "session": None,
    "token_uid": "04A1B2C3",
    "door": "rfid",
    "outcome": "failed",
    "reached": "authorized",
    "steps": {"asked": "2026-03-01T11:02:10+00:00", "authorized": "2026-03-01T11:02:10+00:00"},
    "cause": "CX016",
    "cause_name": "CX016 EVContactorFault",
    "detail": "nothing began",
    "began_at": "2026-03-01T11:02:10Z",
    "ended_at": "2026-03-01T11:12:14Z",
}
TRANSFER = {
    "id": 31,
    "station": "HUB-1",
    "kind": "firmware",
    "command": 512,
    "request_number": 512,
    "file_name": "",
    "status": "done",
    "word": "Installed",
    "info": "",
    "history": [{"at": "2026-03-01T11:02:10+00:00", "word": "Downloading"}],
    "requested_at": "2026-03-01T11:02:09Z",
    "status_at": "2026-03-01T11:09:41Z",
    "ended_at": "2026-03-01T11:09:41Z",
}
CERTIFICATE = {
    "id": 9,
    "station": "HUB-1",
    "use": "connection",
    "status": "installed",
    "undelivered": "",
    "serial_number": "4f2a91",
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "pem": "-----BEGIN CERTIFICATE-----\n…",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_until": "2027-01-01T00:00:00Z",
    "issued_at": "2026-01-01T00:00:03Z",
    "revoked_at": None,
    "revoked_because": "",
}
MONITOR = {
    "id": 77,
    "station": "HUB-1",
    "number": 4,
    "component": "Connector",
    "component_instance": "",
    "variable": "Temperature",
    "instance": "",
    "evse_number": 1,
    "connector_number": 1,
    "kind": "UpperThreshold",
    "value": 80.0,
    "severity": 4,
    "is_transactional": False,
    "origin": "CustomMonitor",
    "reported_at": "2026-03-01T05:00:10Z",
}
SECURITY = {
    "id": 3,
    "station": "HUB-1",
    "type": "TamperDetectionActivated",
    "info": "lid 2",
    "is_urgent": True,
    "happened_at": "2026-03-01T03:12:00Z",
    "received_at": "2026-03-01T03:12:01Z",
    "resolved_at": None,
}
FILE = {
    "id": "0b0f6f0e-8f5e-4d0a-9d38-0d3b7f3f2a11",
    "kind": "firmware",
    "name": "duo-2.4.1.bin",
    "size_bytes": 4_194_304,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "station": None,
    "version": "2.4.1",
    "vendor": "Wallwerk",
    "model": "Duo 22",
    "is_signed": False,
    "uploaded_by": "elin@nordlys.example",
    "created_at": "2026-03-01T09:00:00Z",
}


def _shown(title: str, value: dict[str, Any]) -> Any:
    return extend_schema_serializer(examples=[OpenApiExample(title, value=value, response_only=True)])


@_shown("A card, and a car that would not", ATTEMPT)
class AttemptSerializer(serializers.ModelSerializer[StartAttempt]):
    """One try to start a charge. `cause` is a family or the station's ChargeX code (CX001 to CX026)."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    station = serializers.CharField(source="station.identity", read_only=True)
    evse_id = serializers.CharField(source="evse.evse_id", read_only=True, default=None)
    session = serializers.IntegerField(source="session_id", read_only=True, allow_null=True)
    cause_name = serializers.CharField(read_only=True)

    class Meta:
        model = StartAttempt
        fields = tuple(ATTEMPT)
        read_only_fields = fields


@_shown("Firmware that was installed", TRANSFER)
class TransferSerializer(serializers.ModelSerializer[StationTransfer]):
    """Firmware on its way to a station, or a log on its way to us; `word` and `history` are the station's."""

    station = serializers.CharField(source="station.identity", read_only=True)
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)

    class Meta:
        model = StationTransfer
        fields = tuple(TRANSFER)
        read_only_fields = fields


@_shown("A certificate in use", CERTIFICATE)
class CertificateSerializer(serializers.ModelSerializer[StationCertificate]):
    """A certificate that our authority signed for a station.

    `undelivered`: why one that is issued did not arrive: expired, timed_out, rejected, failed or unknown.
    """

    station = serializers.CharField(source="station.identity", read_only=True)
    undelivered = serializers.CharField(read_only=True)

    class Meta:
        model = StationCertificate
        fields = tuple(CERTIFICATE)
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("Lost", value={"because": "The charger was stolen."}, request_only=True)]
)
class RevokeRequest(serializers.Serializer[Any]):
    """Why nobody may come in with it any more."""

    because = serializers.CharField(max_length=80)


@_shown("A temperature that is watched", MONITOR)
class MonitorSerializer(serializers.ModelSerializer[VariableMonitor]):
    """A monitor that a station keeps on one of its variables, as it last reported it (2.x)."""

    station = serializers.CharField(source="station.identity", read_only=True)

    class Meta:
        model = VariableMonitor
        fields = tuple(MONITOR)
        read_only_fields = fields


@_shown("An open lid", SECURITY)
class SecurityEventSerializer(serializers.ModelSerializer[SecurityEvent]):
    """Something that a station told about its security; an urgent one is open until a person has looked."""

    station = serializers.CharField(source="station.identity", read_only=True)

    class Meta:
        model = SecurityEvent
        fields = tuple(SECURITY)
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("All of a station", value={"station": "HUB-1"}, request_only=True)]
)
class ResolveRequest(serializers.Serializer[Any]):
    """Whose open events a person has looked at."""

    station = serializers.CharField(max_length=48)


class ResolvedSerializer(serializers.Serializer[Any]):
    """How many were open."""

    resolved = serializers.IntegerField()


@_shown("A firmware image", FILE)
class FileSerializer(serializers.ModelSerializer[StoredFile]):
    """Firmware for stations, or a log that a station handed in."""

    id = serializers.UUIDField(source="file_id", read_only=True)
    station = serializers.CharField(source="station.identity", read_only=True, default=None)
    is_signed = serializers.BooleanField(read_only=True)
    uploaded_by = serializers.EmailField(source="uploaded_by.email", read_only=True, default=None)

    class Meta:
        model = StoredFile
        fields = tuple(FILE)
        read_only_fields = fields


class FirmwareRequest(serializers.Serializer[Any]):
    """A firmware image (multipart/form-data). `sha256` and `signature`, when given, must fit it."""

    image = serializers.FileField(max_length=200)
    version = serializers.CharField(max_length=50)
    vendor = serializers.CharField(max_length=50, required=False, default="")
    model = serializers.CharField(max_length=50, required=False, default="")
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, default="")
    signature = serializers.CharField(max_length=5500, required=False, default="")
    certificate = serializers.CharField(max_length=5500, required=False, default="")
