"""What the head of a handshake says: who calls, with which password or certificate, over what line.

Headers that a proxy sets (`X-Forwarded-*`, the client certificate) count only when they come from
one of the proxies named in the settings; anybody else could write them himself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from django.conf import settings

from stations.path_patterns import Dialed, bare_host

PREFIX: Final = "/ocpp/"
MAX_IDENTITY_CHARS: Final = 48
MAX_ADDRESS_CHARS: Final = 64
MAX_PATH_BYTES: Final = 1000


class ClientCertificate(NamedTuple):
    """The certificate of the other side, PEM. `is_verified`: TLS itself has followed its chain."""

    pem: bytes
    is_verified: bool


class Caller(NamedTuple):
    """What the head of the request says. `organization` is empty on `/ocpp/<identity>`.

    `dialed` is the address as it stands, also one that is not ours (`aliases`).
    """

    identity: str
    username: bytes
    password: bytes | None
    offered: tuple[str, ...]
    remote_address: str
    organization: str = ""
    is_encrypted: bool = False
    certificate: ClientCertificate | None = None
    dialed: Dialed = Dialed()

    @property
    def calls_as(self) -> str:
        """What tells callers apart before anybody is looked up."""
        return self.identity or f"{self.dialed.path}?{self.dialed.query}"

    @property
    def is_on_our_address(self) -> bool:
        return not self.dialed.steps or self.dialed.steps[0].lower() == "ocpp"


class Line(NamedTuple):
    """What carries the conversation, as the server or a trusted proxy tells it."""

    remote_address: str
    is_encrypted: bool
    certificate: ClientCertificate | None


def read_head(scope: Mapping[str, Any]) -> Caller:
    """The caller of an ASGI websocket scope."""
    headers = dict(scope["headers"])
    username, password = read_basic(headers.get(b"authorization", b""))
    organization, identity = read_path(scope)
    line = read_line(scope, headers)
    return Caller(
        identity=identity,
        username=username,
        password=password,
        offered=tuple(word for word in map(str.strip, scope.get("subprotocols", ())) if word),
        remote_address=line.remote_address,
        organization=organization,
        is_encrypted=line.is_encrypted,
        certificate=line.certificate,
        dialed=read_dialed(scope, headers),
    )


def read_path(scope: Mapping[str, Any]) -> tuple[str, str]:
    """Organization (or "") and identity, percent-decoded; ("", "") when it cannot be an identity."""
    raw: bytes | None = scope.get("raw_path")
    path = _path(scope)
    if not path.lower().startswith(PREFIX):
        return "", ""
    first, slash, rest = path[len(PREFIX) :].rstrip("/").partition("/")
    organization, step = (first, rest) if slash else ("", first)
    try:
        identity = step if raw is None else unquote_to_bytes(step).decode()
    except UnicodeDecodeError:
        return organization, ""
    return organization, identity if is_possible(identity) else ""


def _path(scope: Mapping[str, Any]) -> str:
    """Percent-encoded where the server tells it so."""
    raw: bytes | None = scope.get("raw_path")
    return str(scope["path"]) if raw is None else raw.decode("ascii", "replace").partition("?")[0]


def read_dialed(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Dialed:
    """The whole address, its steps decoded one by one; empty when it cannot be read."""
    path, query = _path(scope), bytes(scope.get("query_string", b""))
    if len(path) + len(query) > MAX_PATH_BYTES:
        return Dialed()
    is_encoded = scope.get("raw_path") is not None
    try:
        steps = [unquote_to_bytes(step).decode() if is_encoded else step for step in path.split("/") if step]
    except UnicodeDecodeError:
        return Dialed()
    host = headers.get(b"host", b"").decode("ascii", "replace")
    pairs = parse_qsl(query.decode("ascii", "replace"), max_num_fields=None)
    return Dialed(bare_host(host), tuple(steps), tuple(pairs))


def is_possible(identity: str) -> bool:
    """Whether a station may be called so (2.0.1 part 4 section 3.1.1; no colon, for Basic)."""
    return identity.isprintable() and len(identity) <= MAX_IDENTITY_CHARS and ":" not in identity


def read_basic(header: bytes) -> tuple[bytes, bytes | None]:
    """User name and password of an Authorization header; (b"", None) when there are none."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return b"", None
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return b"", None
    return (username, password) if colon else (b"", None)


# --- the line ------------------------------------------------------------------------------


def read_line(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Line:
    """The line as the socket shows it, or as a trusted proxy in front of it says."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if is_trusted_proxy(address):
        return _forwarded(scope, headers, address)
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    certificate = ClientCertificate(chain[0].encode(), is_verified=True) if chain else None
    return Line(address[:MAX_ADDRESS_CHARS], scope.get("scheme") == "wss", certificate)


def _forwarded(scope: Mapping[str, Any], headers: Mapping[bytes, bytes], proxy: str) -> Line:
    said = headers.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip()
    address = said.decode("ascii", "replace") or proxy
    scheme = headers.get(b"x-forwarded-proto", b"").strip().lower()
    is_encrypted = scheme in (b"https", b"wss") or (not scheme and scope.get("scheme") == "wss")
    shown = headers.get(settings.BRIDGE_CLIENT_CERT_HEADER.lower().encode(), b"")
    return Line(address[:MAX_ADDRESS_CHARS], is_encrypted, _from_header(shown))


def _from_header(value: bytes) -> ClientCertificate | None:
    """A PEM in one line: percent-encoded (nginx, HAProxy) or bare Base64 (RFC 9440, Traefik)."""
    text = unquote_to_bytes(value.strip().strip(b":")).replace(b"\t", b"\n")
    if not text:
        return None
    if b"-----BEGIN" not in text:
        text = b"-----BEGIN CERTIFICATE-----\n" + text + b"\n-----END CERTIFICATE-----\n"
    return ClientCertificate(text, is_verified=False)


def is_trusted_proxy(address: str) -> bool:
    """Whether this peer is named in BRIDGE_TRUSTED_PROXIES (addresses or networks)."""
    named = tuple(settings.BRIDGE_TRUSTED_PROXIES)
    if not named:
        return False
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in _networks(named))


@cache
def _networks(named: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name, strict=False) for name in named)
