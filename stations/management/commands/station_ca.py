"""The authority that signs station certificates: make one, show it, write its revocation list."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from stations import pki
from stations.services import certificates


class Command(BaseCommand):
    help = "make DIRECTORY --organization NAME: a new authority; show: the one in use; crl: what is revoked"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        make = acts.add_parser("make", help="a new authority: certificate and key as files")
        make.add_argument("directory", type=Path)
        make.add_argument("--organization", required=True, help="who runs the network (the O of its subject)")
        make.add_argument("--days", type=int, default=3650)
        acts.add_parser("show", help="the authority in use")
        acts.add_parser("crl", help="the certificate revocation list, PEM, to standard output")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            getattr(self, act)(**options)
        except (certificates.NoAuthority, pki.Unusable, OSError) as problem:
            raise CommandError(str(problem)) from problem

    def make(self, *, directory: Path, organization: str, days: int, **options: Any) -> None:
        """Files that are there are never overwritten; the key is readable by its owner only."""
        certificate, key = pki.make_authority(organization=organization, at=clock.now(), days=days)
        directory.mkdir(parents=True, exist_ok=True)
        write(directory / "station-ca.pem", certificate, mode=0o644)
        write(directory / "station-ca.key", key, mode=0o600)
        self.stdout.write(f"STATION_CA_CERT={directory / 'station-ca.pem'}")
        self.stdout.write(f"STATION_CA_KEY={directory / 'station-ca.key'}")

    def show(self, **options: Any) -> None:
        found = pki.describe(certificates.authority().certificate)
        self.stdout.write(f"O={found.organization} CN={found.common_name}")
        self.stdout.write(f"serial number {found.serial_number}, until {found.valid_until:%Y-%m-%d}")

    def crl(self, **options: Any) -> None:
        self.stdout.write(certificates.revocation_list())


def write(path: Path, text: str, *, mode: int) -> None:
    """A new file with exactly these rights. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
