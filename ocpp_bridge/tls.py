"""The bridge's own TLS port (security profiles 2 and 3), beside the plain one in the same process.

Two certificates, an ECDSA and an RSA one, and the four cipher suites that 2.0.1 names
(A00.FR.318, A00.FR.421): Python's default offers neither of the two with RSA key exchange.
Client certificates are asked for and not demanded, since profile 2 has none; whether they are
valid *now* is judged by us and not by OpenSSL, so that an operator can see what was wrong.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from django.conf import settings
from uvicorn.config import STARTUP_FAILURE
from uvicorn.server import ServerState

from ocpp_bridge import failed_lines
from ocpp_bridge.protocol import StationProtocol
from ocpp_bridge.tls_listener import TlsListener

logger = logging.getLogger(__name__)

SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""In OpenSSL's words; the last two are TLS_RSA_WITH_AES_*. TLS 1.3 has suites of its own."""
NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python does not name."""
MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024
RENEWAL_CHECK_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A server certificate with its chain, and its key; paths of PEM files."""

    certificate: Path
    key: Path


def configured_chains() -> tuple[Chain, ...]:
    """BRIDGE_TLS_CERT and _KEY, and the second pair of the other kind; none: no TLS port."""
    pairs = (
        (settings.BRIDGE_TLS_CERT, settings.BRIDGE_TLS_KEY),
        (settings.BRIDGE_TLS_CERT_2, settings.BRIDGE_TLS_KEY_2),
    )
    return tuple(Chain(certificate=Path(cert), key=Path(key or cert)) for cert, key in pairs if cert)


def make_context(chains: tuple[Chain, ...], authorities: str) -> ssl.SSLContext:
    """A server context: TLS 1.2 and above, no compression, client certificates welcome.

    `authorities`: PEM of those who may have signed a client's certificate; empty: none is asked for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(":".join(SUITES))
    for chain in chains:
        context.load_cert_chain(chain.certificate, chain.key)
    if authorities:
        context.load_verify_locations(cadata=authorities)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= NO_CHECK_TIME
    return context


class TlsStationProtocol(StationProtocol):
    """Tells the application which certificate the other side showed (the ASGI TLS extension)."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)  # the application's task begins after this
        if hasattr(self, "scope"):
            extensions: Any = self.scope["extensions"]
            extensions["tls"] = describe(self.transport.get_extra_info("ssl_object"))


def describe(connection: Any) -> dict[str, Any]:
    """The `tls` extension of an ASGI scope, as far as we use it."""
    shown = connection.getpeercert(binary_form=True)
    chain = [ssl.DER_cert_to_PEM_cert(shown)] if shown else []
    return {"client_cert_chain": chain, "tls_version": connection.version(), "cipher": connection.cipher()[0]}


class TlsPort:
    """A second listener of this process. `open` and `close` belong to the lifespan."""

    def __init__(self, chains: tuple[Chain, ...], *, host: str, port: int, authorities: str = "") -> None:
        self._chains = chains
        self._context = make_context(chains, authorities)
        self._address = (host, port)
        self._config = uvicorn.Config(
            "config.asgi:bridge",
            ws=TlsStationProtocol,
            ws_max_size=MAX_MESSAGE_BYTES,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._state = ServerState()
        self._listener = TlsListener(self._make_protocol, self._context, failed_lines.note)
        self._renewing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen. Raises SystemExit when the address is taken, as the plain port does."""
        self._config.load()
        try:
            await self._listener.open(*self._address)
        except OSError as error:
            logger.error("the TLS port cannot listen: %s", error)
            raise SystemExit(STARTUP_FAILURE) from error
        self._renewing = asyncio.get_running_loop().create_task(self._follow_renewals())

    async def close(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        self._listener.close()
        for connection in list(self._state.connections):
            connection.shutdown()

    def _make_protocol(self) -> asyncio.Protocol:
        make: Any = self._config.http_protocol_class
        protocol: asyncio.Protocol = make(config=self._config, server_state=self._state, app_state={})
        return protocol

    async def _follow_renewals(self) -> None:
        """A renewed server certificate is used for new connections, without a restart."""
        seen = self._stamps()
        while True:
            await asyncio.sleep(RENEWAL_CHECK_S)
            now = self._stamps()
            if now != seen and self._reload():
                seen = now

    def _stamps(self) -> tuple[float, ...]:
        files = [path for chain in self._chains for path in (chain.certificate, chain.key)]
        return tuple(path.stat().st_mtime if path.exists() else 0.0 for path in files)

    def _reload(self) -> bool:
        try:
            for chain in self._chains:
                self._context.load_cert_chain(chain.certificate, chain.key)
        except (OSError, ssl.SSLError):
            logger.exception("the renewed certificate cannot be used; the old one goes on")
            return False
        logger.info("the TLS port uses a renewed certificate")
        return True


def configured_port() -> TlsPort | None:
    """The TLS port of the settings; None when there is no certificate for it."""
    from stations.services.certificates import trusted_bundle

    chains = configured_chains()
    if not chains:
        return None
    return TlsPort(
        chains,
        host=settings.BRIDGE_TLS_HOST,
        port=settings.BRIDGE_TLS_PORT,
        authorities=trusted_bundle(),
    )
