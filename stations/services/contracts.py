"""Contract certificates of cars (ISO 15118): one port to whoever keeps the public key infrastructure.

`settings.ISO15118_PROVIDER` is the dotted name of an object as `ContractProvider` says. Nobody named,
or it fails: nothing can be told, which is an answer too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

VALID, EXPIRED, REVOKED, BROKEN = "valid", "expired", "revoked", "broken"
JUDGMENTS: Final = (VALID, EXPIRED, REVOKED, BROKEN)

T = TypeVar("T")


class CertificateHash(NamedTuple):
    """Names a certificate as OCSP does (RFC 6960 section 4.1.1): hex, and the algorithm's name."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str = ""


class Issued(NamedTuple):
    """What goes back to the car: Base64 of EXI. `remaining`: contracts that it may still fetch."""

    response: str
    remaining: int = 0


class ChainStatus(NamedTuple):
    """`status`: good, revoked, unknown or failed."""

    status: str
    next_update_at: datetime | None = None


class ContractProvider(Protocol):
    """Each may raise when it cannot tell. They may ask the network: never called while a batch waits."""

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
        """The answer to a car's CertificateInstallationReq or CertificateUpdateReq (2.0.1 M01, M02)."""

    def ocsp_response(self, certificate: CertificateHash) -> str | None:
        """Base64 of the DER of an OCSPResponse (2.0.1 M06.FR.08, M06.FR.09)."""

    def chain_status(self, certificate: CertificateHash, *, source: str) -> ChainStatus:
        """By "OCSP" or "CRL" (2.1 M07)."""

    def judge_contract(self, *, emaid: str, chain: str, hashes: Sequence[CertificateHash]) -> str:
        """One of JUDGMENTS about a contract's chain, as PEM, by its hashes, or both (2.0.1 C07)."""


def issue_contract(
    *,
    station_id: int,
    schema: str,
    is_update: bool,
    request: str,
    most: int | None = None,
    preferred: Sequence[str] = (),
) -> Issued | None:
    """None: nothing can be issued."""
    return _ask(
        lambda provider: provider.issue_contract(
            station_id=station_id,
            schema=schema,
            is_update=is_update,
            request=request,
            most=most,
            preferred=preferred,
        ),
        otherwise=None,
    )


def ocsp_response(*, certificate: CertificateHash) -> str | None:
    """None: it could not be fetched."""
    return _ask(lambda provider: provider.ocsp_response(certificate), otherwise=None)


def chain_status(*, certificate: CertificateHash, source: str) -> ChainStatus:
    return _ask(
        lambda provider: provider.chain_status(certificate, source=source), otherwise=ChainStatus("failed")
    )


def judge_contract(*, emaid: str, chain: str = "", hashes: Sequence[CertificateHash] = ()) -> str:
    """One of JUDGMENTS; what cannot be verified is broken (C07.FR.17)."""
    return _ask(
        lambda provider: provider.judge_contract(emaid=emaid, chain=chain, hashes=hashes), otherwise=BROKEN
    )


def _ask(question: Callable[[ContractProvider], T], *, otherwise: T) -> T:
    name: str = getattr(settings, "ISO15118_PROVIDER", "")
    if not name:
        return otherwise
    try:
        return question(import_string(name))
    except Exception:
        logger.exception("the provider of contract certificates failed")
        return otherwise
