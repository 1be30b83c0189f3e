"""What the launcher prints when the demo is ready: pages to open and log-ins to use."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from demo.town import DRIVER, OPERATOR, PASSWORD


def write_welcome(directory: Path) -> None:
    """One `label<tab>value` a line, for the launcher."""
    url = settings.PUBLIC_URL.rstrip("/")
    rows = [
        ("drivers", f"{url}/   log in as {DRIVER}, password {PASSWORD}"),
        ("operators", f"{url}/operate/   log in as {OPERATOR}, password {PASSWORD}"),
        ("admin", f"{url}/admin/   the same operator"),
        ("mailbox", f"{url}/mailbox/"),
        ("test card", "4242 4242 4242 4242, any future date, any code"),
    ]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "welcome.txt").write_text("".join(f"{label}\t{value}\n" for label, value in rows))
