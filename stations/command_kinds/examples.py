"""At least one example of every kind of command: for the API's pages, the matrix, and the tests. Pure."""

from __future__ import annotations

from typing import Final

from stations import command_kinds as kinds
from stations.command_kinds.examples_newer import NEWER

PEM: Final = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

CHARGING: Final = (
    kinds.StartSession(evse_number=1, token_uid="04A1B2C3", remote_start_id=81),
    kinds.StartSession(evse_number=1, token_uid="04A1B2C3", remote_start_id=81, limit_a=16),
    kinds.StartSession(evse_number=1, token_uid="04A1B2C3", remote_start_id=81, limit_w=11_000),
    kinds.StopSession(session_number=81, transaction_id="tx-81"),
    kinds.Reserve(
        reservation_number=7,
        evse_number=1,
        token_uid="04A1B2C3",
        group_uid="FLEET",
        expires_at="2026-03-01T12:00:00.123456+00:00",
    ),
    kinds.CancelReservation(reservation_number=7),
    kinds.SetPowerLimit(
        evse_number=1, profile_id=3, limit_a=10, phases=3, session_number=81, transaction_id="tx-81"
    ),
    kinds.SetPowerLimit(evse_number=1, profile_id=3, purpose="default", limit_w=7400, duration_s=600),
    kinds.SetPowerLimit(evse_number=0, profile_id=3, purpose="station", limit_a=32),
    kinds.ClearPowerLimit(profile_id=3),
    kinds.ClearPowerLimit(evse_number=1),
    kinds.ClearPowerLimit(),
    kinds.ClearPowerLimit(purpose="default", stack_level=0),
    kinds.SetProfile(
        evse_number=1,
        profile_id=4,
        purpose="default",
        kind="recurring",
        recurrency="daily",
        valid_from="2026-03-01T00:00:00Z",
        valid_until="2026-04-01T00:00:00Z",
        start_at="2026-03-01T00:00:00Z",
        duration_s=86_400,
        min_rate=6,
        periods=({"start_s": 0, "limit": 16, "phases": 3}, {"start_s": 28_800, "limit": 6.5}),
    ),
    kinds.SetProfile(
        evse_number=1,
        profile_id=5,
        purpose="session",
        kind="relative",
        unit="W",
        periods=({"start_s": 0, "limit": 7400},),
        session_number=81,
        transaction_id="tx-81",
    ),
    kinds.ReadSchedule(evse_number=1, duration_s=3600, unit="A"),
    kinds.ReadSchedule(evse_number=0, duration_s=60),
)
HARDWARE: Final = (
    kinds.Unlock(evse_number=1),
    kinds.Reset(is_hard=True),
    kinds.Reset(),
    kinds.SetAvailability(is_operative=False),
    kinds.SetAvailability(is_operative=True, evse_number=1),
    kinds.Trigger(message="boot"),
    kinds.Trigger(message="heartbeat"),
    kinds.Trigger(message="status", evse_number=1),
    kinds.Trigger(message="meter_values", evse_number=1),
    kinds.Trigger(message="firmware"),
    kinds.Trigger(message="log"),
    kinds.Trigger(message="sign_certificate"),
    kinds.SendData(vendor="com.example", message="Greet", data='{"words": "hello"}'),
    kinds.SendData(vendor="com.example"),
    kinds.Verbatim(action="ClearCache", payload={}),
)
SETTINGS: Final = (
    kinds.ReadVariables(),
    kinds.ReadVariables(names=("OCPPCommCtrlr.HeartbeatInterval",)),
    kinds.WriteVariable(variable="OCPPCommCtrlr.HeartbeatInterval", value="60"),
)
ACCESS: Final = (
    kinds.SendLocalList(
        version=2,
        entries=(
            {
                "uid": "04A1B2C3",
                "type": "rfid",
                "status": "accepted",
                "group_uid": "FLEET",
                "valid_until": "2027-01-01T00:00:00Z",
            },
        ),
    ),
    kinds.SendLocalList(version=3, is_full=False, entries=({"uid": "04A1B2C3", "type": "rfid"},)),
    kinds.SendLocalList(version=4),
    kinds.ReadLocalListVersion(),
    kinds.ClearCache(),
)
CERTIFICATES: Final = (
    kinds.DeliverCertificate(chain=PEM),
    kinds.InstallCertificate(use="central", certificate=PEM),
    kinds.InstallCertificate(use="manufacturer", certificate=PEM),
    kinds.DeleteCertificate(
        hash_algorithm="SHA256", issuer_name_hash="ab" * 32, issuer_key_hash="cd" * 32, serial_number="1f"
    ),
    kinds.ReadCertificates(uses=("central",)),
)
UPKEEP: Final = (
    kinds.UpdateFirmware(url="https://files.example/fw.bin", retries=2, retry_interval_s=60),
    kinds.UpdateFirmware(
        url="https://files.example/fw.bin",
        retrieve_at="2026-03-01T02:00:00Z",
        install_at="2026-03-01T03:00:00Z",
        signing_certificate=PEM,
        signature="MEUCIQ==",
        request_number=12,
    ),
    kinds.UploadLog(
        url="https://files.example/in/1",
        log="security",
        from_at="2026-02-01T00:00:00Z",
        until_at="2026-03-01T00:00:00Z",
        request_number=13,
    ),
    kinds.UploadLog(url="https://files.example/in/2", is_plain=True, retries=1),
)

EXAMPLES: Final[tuple[kinds.CommandKind, ...]] = (
    *CHARGING,
    *HARDWARE,
    *SETTINGS,
    *ACCESS,
    *CERTIFICATES,
    *UPKEEP,
    *NEWER,
)
