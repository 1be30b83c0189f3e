"""The first log-in of an empty system: asked for at a terminal, else made and printed."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts import services
from accounts.models import Organization, User

DEFAULT_EMAIL = "operator@forecourt.example"
DEFAULT_NETWORK = "My charging network"


class Command(BaseCommand):
    """Does nothing when an organization exists already, so `./forecourt up` calls it at every start."""

    help = "Create the first operator with an organization, unless there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email")
        parser.add_argument("--password", help="made up and printed when left out")
        parser.add_argument("--network", help="the name of the charging network")

    def handle(self, *args: Any, **options: Any) -> None:
        if Organization.objects.exists():
            return
        asked = sys.stdin.isatty() and not options["email"]
        if asked:
            self.stdout.write("This system is empty. Who is its first operator?")
        email = options["email"] or (self._ask("E-mail", DEFAULT_EMAIL) if asked else DEFAULT_EMAIL)
        network = options["network"] or (self._ask("Network", DEFAULT_NETWORK) if asked else DEFAULT_NETWORK)
        password = options["password"] or (_ask_password() if asked else "")
        made_up = password or secrets.token_urlsafe(12)
        create(email=email, password=made_up, network=network)
        self.stdout.write(self._farewell(email, "the password you chose" if password else made_up))

    def _ask(self, what: str, default: str) -> str:
        answer = input(f"  {what} [{default}]: ").strip() or default
        try:
            if what == "E-mail":
                validate_email(answer)
        except ValidationError as error:
            self.stdout.write(f"  {error.messages[0]}")
            return self._ask(what, default)
        return answer

    def _farewell(self, email: str, password: str) -> str:
        return f"\n  The first operator's log-in:  {email}  /  {password}\n"


def _ask_password() -> str:
    """A good password typed twice, or "" when the person wants one made."""
    while first := getpass.getpass("  Password (empty: one is made for you): "):
        try:
            validate_password(first)
        except ValidationError as error:
            sys.stderr.write("  " + " ".join(error.messages) + "\n")
            continue
        if getpass.getpass("  Once more: ") == first:
            return first
        sys.stderr.write("  The two differ.\n")
    return ""


@transaction.atomic
def create(*, email: str, password: str, network: str) -> User:
    """A person who may do everything, owning a new organization."""
    user = User.objects.create_superuser(email, password)
    services.welcome_driver(user=user)
    services.create_organization(name=network, slug="network", country_code="DE", party_id="FCT", owner=user)
    return user
