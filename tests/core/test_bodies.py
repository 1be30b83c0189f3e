"""A body that is too large is refused before, or while, it is read."""

from __future__ import annotations

import pytest

from config.limits import USUAL_BYTES, body_limit
from core import links
from core.bodies import limit_bodies
from stations.services.files import LINK_KIND


class Sender:
    """Somebody who sends `parts`; `said` is what was answered."""

    def __init__(self, *parts: bytes, announced: int | None = None) -> None:
        self.parts = list(parts)
        self.said: list[dict] = []
        headers = [] if announced is None else [(b"content-length", str(announced).encode())]
        self.scope = {"type": "http", "path": "/", "headers": headers}

    async def receive(self):
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": bool(self.parts)}

    async def send(self, message):
        self.said.append(message)

    @property
    def status(self) -> int:
        return self.said[0]["status"]


async def swallow(scope, receive, send):
    """An application that reads everything and is content."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def answer_to(sender: Sender) -> int:
    await limit_bodies(swallow, lambda scope: 10)(sender.scope, sender.receive, sender.send)
    return sender.status


@pytest.mark.parametrize(
    ("sender", "status"),
    [
        (Sender(b"12345", b"67890"), 200),
        (Sender(b"12345", b"678901", b"never read"), 413),
        (Sender(b"never read", announced=11), 413),
        (Sender(b"1234567890", announced=10), 200),
    ],
)
async def test_the_eleventh_byte_of_ten_is_refused(sender, status):
    assert await answer_to(sender) == status
    assert len([message for message in sender.said if message["type"] == "http.response.start"]) == 1
    assert not sender.parts or status == 413


def limit_of(path: str, cookie: bytes = b"") -> int:
    return body_limit({"path": path, "headers": [(b"cookie", cookie)]})


def test_only_a_signed_link_or_a_session_opens_the_door_wide(settings):
    token = links.sign(LINK_KIND, "7")
    assert limit_of(f"/files/in/{token}/log.zip") > settings.LOGS_MAX_BYTES
    assert limit_of(f"/files/in/x{token}/log.zip") == 0
    assert limit_of("/operate/files/upload/", b"sessionid=abc") > settings.FIRMWARE_MAX_BYTES
    assert limit_of("/operate/files/upload/") == USUAL_BYTES
    assert limit_of("/webhooks/stripe/") == USUAL_BYTES
