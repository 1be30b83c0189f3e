"""A running stand-in and a receiver of webhooks, as tests handle them."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

SECRET = "whsec_for_tests"
KEY = "sk_test_for_the_stand_in"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class StandIn:
    """A running stand-in and the levers a test pulls."""

    def __init__(self, base: str) -> None:
        self.base = base

    def client(self, retries: int = 0) -> stripe.StripeClient:
        http = stripe.RequestsClient()
        addresses: Any = {"api": self.base}
        return stripe.StripeClient(
            KEY, base_addresses=addresses, max_network_retries=retries, http_client=http
        )

    def pull(self, lever: str, **settings: object) -> dict:
        """Post settings to a lever; raises HTTPError when it refuses them."""
        request = self._request(f"/_{lever}", json.dumps(settings))
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 (loopback)
            return json.load(answer)

    def faults(self) -> dict:
        return json.loads(self.get("/_faults")[2])

    def get(self, path: str, **headers: str) -> tuple[int, dict, str]:
        return self._open(self._request(path, None, headers))

    def post(self, path: str, **fields: str) -> tuple[int, dict, str]:
        return self._open(self._request(path, urllib.parse.urlencode(fields)))

    def _request(self, path: str, body: str | None, headers: dict | None = None) -> urllib.request.Request:
        url = path if path.startswith("http") else self.base + path
        data = None if body is None else body.encode()
        return urllib.request.Request(url, data, headers or {})  # noqa: S310 (loopback)

    def _open(self, request: urllib.request.Request) -> tuple[int, dict, str]:
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(request, timeout=5) as response:
                return response.status, dict(response.headers), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


class Mailbox:
    """Receives webhooks; `answers` says with which status, the last one for ever, once `is_open`."""

    def __init__(self) -> None:
        self.received: list[tuple[dict, str]] = []
        self.answers = [200]
        self.is_open = threading.Event()
        self.is_open.set()
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                mailbox.received.append((dict(self.headers), body))
                mailbox.is_open.wait(5)
                status = mailbox.answers.pop(0) if len(mailbox.answers) > 1 else mailbox.answers[0]
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks/stripe/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self) -> list[dict]:
        return [json.loads(body) for _, body in self.received]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]


def wait_until(true, timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
