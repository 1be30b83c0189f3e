"""Signed, expiring links: how guests and e-mails reach a live page or a receipt."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing


class BadLink(ValueError):
    """The link was altered, is for something else, or has expired."""


def sign(kind: str, key: str) -> str:
    """A token for the thing `key` of this `kind` ("live", "receipt" …), safe in a URL."""
    return signing.dumps(key, salt=f"link.{kind}")


def open_link(kind: str, token: str, *, max_age: timedelta) -> str:
    """The key that was signed. Raises BadLink."""
    try:
        return str(signing.loads(token, salt=f"link.{kind}", max_age=max_age))
    except signing.BadSignature as error:
        raise BadLink("This link is not valid or has expired.") from error
