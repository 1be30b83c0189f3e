"""A provider of contract certificates behind HTTP (`stations.services.contracts.ContractProvider`).

Small on purpose: four questions as JSON, so that an adapter for any plug-and-charge ecosystem can
stand behind it. The stand-in (`python -m simulator pki`) speaks it; docs/security-profiles.md tells how.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from stations.services.contracts import BROKEN, JUDGMENTS, CertificateHash, ChainStatus, Issued

PATIENCE_S: Final = 5.0
MOST_BYTES: Final = 256 * 1024
STATUSES: Final = ("good", "revoked", "unknown", "failed")


class ProviderTrouble(RuntimeError):
    """The provider cannot be reached, or answers nothing that can be used."""


class HttpProvider:
    """Asks ISO15118_URL, with ISO15118_KEY as a bearer token. Raises ProviderTrouble."""

    def issue_contract(
        self,
        *,
        station_id: int,
        schema: str,
        is_update: bool,
        request: str,
        most: int | None,
        preferred: Sequence[str],
    ) -> Issued | None:
        said = ask(
            "contracts",
            {
                "station_id": station_id,
                "schema": schema,
                "is_update": is_update,
                "request": request,
                "most": most,
                "preferred": list(preferred),
            },
        )
        return None if said is None else Issued(str(said["response"]), int(said.get("remaining", 0)))

    def ocsp_response(self, certificate: CertificateHash) -> str | None:
        said = ask("ocsp", certificate._asdict())
        return None if said is None else str(said["response"])

    def chain_status(self, certificate: CertificateHash, *, source: str) -> ChainStatus:
        said = ask("status", {**certificate._asdict(), "source": source}) or {}
        status, until = said.get("status"), said.get("next_update_at")
        known = str(status) if status in STATUSES else "failed"
        return ChainStatus(known, datetime.fromisoformat(until) if until else None)

    def judge_contract(self, *, emaid: str, chain: str, hashes: Sequence[CertificateHash]) -> str:
        asked = {"emaid": emaid, "chain": chain, "hashes": [named._asdict() for named in hashes]}
        judgment = (ask("judgments", asked) or {}).get("judgment")
        return str(judgment) if judgment in JUDGMENTS else BROKEN


def ask(path: str, question: Mapping[str, Any]) -> dict[str, Any] | None:
    """The provider's answer; None when it says 404. Raises ProviderTrouble."""
    address = f"{settings.ISO15118_URL.rstrip('/')}/{path}"
    if urlsplit(address).scheme not in ("http", "https"):
        raise ProviderTrouble("ISO15118_URL is no web address.")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {settings.ISO15118_KEY}"}
    asked = urllib.request.Request(address, json.dumps(question).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            said = json.loads(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise ProviderTrouble(f"{path}: {error.code}") from error
    except (OSError, ValueError) as error:
        raise ProviderTrouble(f"{path}: {error}") from error
    if not isinstance(said, dict):
        raise ProviderTrouble(f"{path}: not an object")
    return said


PROVIDER: Final = HttpProvider()
