"""Certificates that stations ask for: whoever the settings name signs them."""

from __future__ import annotations

from django.conf import settings

from core.dotted import resolve


def receive_signing_request(*, station_id: int, csr: str, use: str, request_number: int = 0) -> bool:
    """Hand a certificate signing request (PEM) on; whether a DeliverCertificate command will follow.

    `settings.CERTIFICATE_SIGNER` names a function of the same arguments that judges the request,
    signs it, queues `command_kinds.DeliverCertificate`, and returns whether it did. Nobody named:
    every request is refused. `use`: "connection" (2.0.1 A02) or "vehicle" (ISO 15118, A02 too).
    """
    if not settings.CERTIFICATE_SIGNER:
        return False
    return bool(
        resolve(settings.CERTIFICATE_SIGNER)(
            station_id=station_id, csr=csr, use=use, request_number=request_number
        )
    )
