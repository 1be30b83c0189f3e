"""Goes on a station's errands over HTTP(S). It blocks: call it from a thread of its own."""

from __future__ import annotations

import ssl
import uuid
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from simulator.stations.errands import Errand, Outcome

PATIENCE_S: Final = 30.0
MOST_BYTES: Final = 64 * 1024 * 1024
WEB: Final = ("http://", "https://")


def carry(errand: Errand, trust: ssl.SSLContext | None = None) -> Outcome:
    """Go there and come back; a place that cannot be reached is an Outcome too."""
    if not errand.url.lower().startswith(WEB):
        return Outcome(0)
    try:
        with _opener(trust).open(_request(errand), timeout=PATIENCE_S) as response:
            return Outcome(response.status, response.read(MOST_BYTES))
    except HTTPError as refusal:
        return Outcome(refusal.code)
    except (OSError, HTTPException, ValueError):
        return Outcome(0)


def _opener(trust: ssl.SSLContext | None) -> OpenerDirector:
    """Straight there: a proxy of this machine is none of the station's."""
    return build_opener(ProxyHandler({}), *([HTTPSHandler(context=trust)] if trust else []))


def _request(errand: Errand) -> Request:
    """Only the web's schemes come here."""
    if errand.method == "GET":
        return Request(errand.url)  # noqa: S310
    if errand.method == "PUT":
        return _put(errand)
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{errand.file_name}"\r\n'
    body = (
        f"{head}Content-Type: text/plain\r\n\r\n".encode() + errand.body + f"\r\n--{boundary}--\r\n".encode()
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Request(errand.url, data=body, headers=kind, method="POST")  # noqa: S310


def _put(errand: Errand) -> Request:
    """Into a folder the file goes under its own name."""
    url = errand.url + quote(errand.file_name) if errand.url.endswith("/") else errand.url
    kind = {"Content-Type": "application/octet-stream"}
    return Request(url, data=errand.body, headers=kind, method="PUT")  # noqa: S310
