"""An installer on site, for tests: one browser without an account, and a charger that tells its story."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from stations.models import CommissioningLink
from stations.services import commissioning


@dataclass
class Installer:
    """Holds a link and one browser."""

    link: CommissioningLink
    browser: Client = field(default_factory=Client)

    @property
    def path(self) -> str:
        self.link.refresh_from_db()
        return urlsplit(commissioning.address(self.link)).path

    def opens(self) -> Any:
        return self.browser.get(self.path)

    def begins(self) -> Any:
        path = self.path
        self.browser.get(path)
        return self.browser.post(f"{path}begin/")

    def does(self, step: str, **said: Any) -> Any:
        return self.browser.post(f"{self.path}{step}/", said)

    def sees(self) -> str:
        return self.opens().content.decode()


def an_installer(link: CommissioningLink) -> Installer:
    """One who has begun."""
    installer = Installer(link)
    assert installer.begins().status_code == 302
    return installer
