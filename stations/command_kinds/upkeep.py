"""Firmware and logs. `request_number` None: the command's own number is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware(CommandKind):
    """Have the station fetch firmware from `url` at `retrieve_at` and install it at `install_at`.

    Instants are ISO 8601, UTC; empty means at once. With the maker's `signature` (Base64) and
    `signing_certificate` (PEM) the station verifies it: in 1.6 that is SignedUpdateFirmware.
    """

    name: ClassVar[str] = "update_firmware"
    url: str
    retrieve_at: str = ""
    install_at: str = ""
    signing_certificate: str = ""
    signature: str = ""
    retries: int | None = None
    retry_interval_s: int | None = None
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLog(CommandKind):
    """Have the station send a log to `url`. `log`: "diagnostics" or "security".

    `is_plain`: 1.6 asks with GetDiagnostics of the core specification and not with GetLog of the
    security whitepaper, which older stations do not know.
    """

    name: ClassVar[str] = "upload_log"
    url: str
    log: str = "diagnostics"
    from_at: str = ""
    until_at: str = ""
    retries: int | None = None
    retry_interval_s: int | None = None
    is_plain: bool = False
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFirmware(CommandKind):
    """Have a local controller fetch firmware and offer it to its stations (2.x L03). `checksum`: MD5, hex."""

    name: ClassVar[str] = "publish_firmware"
    url: str
    checksum: str
    retries: int | None = None
    retry_interval_s: int | None = None
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpublishFirmware(CommandKind):
    """Offer it no more (2.x L04)."""

    name: ClassVar[str] = "unpublish_firmware"
    checksum: str


KINDS: Final = (
    UpdateFirmware,
    UploadLog,
    PublishFirmware,
    UnpublishFirmware,
)
