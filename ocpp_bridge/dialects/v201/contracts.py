"""OCPP 2.0.1, certificates of contracts (ISO 15118): fetched, looked up, judged (C07, M01, M02, M06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ocpp_bridge.dialects.base import Hearing, Inbound
from ocpp_bridge.dialects.common import nothing
from ocpp_bridge.frames import Payload
from stations.services import contracts
from stations.services.contracts import CertificateHash, Issued

Message = Mapping[str, Any]

DENIED: Final = frozenset({"Blocked", "Expired", "Invalid", "Unknown"})
BAD_CHAIN: Final = {
    contracts.EXPIRED: ("CertificateExpired", "Expired"),
    contracts.REVOKED: ("CertificateRevoked", "Invalid"),
    contracts.BROKEN: ("CertChainError", "Invalid"),
}
"""What is said of certificate and token when the chain is not good (C07.FR.15 to C07.FR.17)."""


def fetch_contract(station_id: int, message: Message) -> Issued | None:
    """Get15118EVCertificate (M01, M02); 2.1 adds how many contracts, and which first."""
    return contracts.issue_contract(
        station_id=station_id,
        schema=message["iso15118SchemaVersion"],
        is_update=message["action"] == "Update",
        request=message["exiRequest"],
        most=message.get("maximumContractCertificateChains"),
        preferred=message.get("prioritizedEMAIDs", ()),
    )


def answer_contract(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    issued: Issued | None = hearing.brought
    if issued is None:
        return {"status": "Failed", "exiResponse": ""}
    return {"status": "Accepted", "exiResponse": issued.response}


def certificate_hash(data: Message) -> CertificateHash:
    return CertificateHash(
        hash_algorithm=data["hashAlgorithm"],
        issuer_name_hash=data["issuerNameHash"],
        issuer_key_hash=data["issuerKeyHash"],
        serial_number=data["serialNumber"],
        responder_url=data.get("responderURL", ""),
    )


def look_up(station_id: int, message: Message) -> str | None:
    """GetCertificateStatus (M06)."""
    return contracts.ocsp_response(certificate=certificate_hash(message["ocspRequestData"]))


def answer_status(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    found: str | None = hearing.brought
    return {"status": "Accepted", "ocspResult": found} if found else {"status": "Failed"}


def shows_contract(message: Message) -> bool:
    return "certificate" in message or "iso15118CertificateHashData" in message


def judge(station_id: int, message: Message) -> str:
    """Authorize with a contract: what its chain is worth (C07.FR.05)."""
    return contracts.judge_contract(
        emaid=message["idToken"]["idToken"],
        chain=message.get("certificate", ""),
        hashes=[certificate_hash(data) for data in message.get("iso15118CertificateHashData", ())],
    )


def with_certificate(payload: Payload, judgment: str) -> Payload:
    """An answer to Authorize that also tells about the certificate (C07.FR.13 to C07.FR.17)."""
    bad = BAD_CHAIN.get(judgment)
    if bad is not None:
        word, token_word = bad
        return {"idTokenInfo": {"status": token_word}, "certificateStatus": word}
    is_denied = payload["idTokenInfo"]["status"] in DENIED
    return {**payload, "certificateStatus": "ContractCancelled" if is_denied else "Accepted"}


INBOUND: Final = {
    "Get15118EVCertificate": Inbound(nothing, answer_contract, errand=fetch_contract),
    "GetCertificateStatus": Inbound(nothing, answer_status, errand=look_up),
}
