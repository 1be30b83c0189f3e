"""What must not be shown of a command's parameters: passwords and keys, under whatever name. Pure."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

HIDDEN: Final = "•••"
SECRET_MEMBERS: Final = ("password", "secret", "authorizationkey", "private_key", "privatekey", "passphrase")
SECRET_VARIABLES: Final = ("authorizationkey", "basicauthpassword", "password", "passphrase", "sharedsecret")
NAMING: Final = ("key", "variable", "name")
VALUES: Final = ("value", "attributeValue")


def redacted(params: Any) -> Any:
    """A copy without secrets: members that are called so, values of variables that are, and the password
    in an address."""
    if isinstance(params, list | tuple):
        return [redacted(part) for part in params]
    if isinstance(params, dict):
        return _members(params)
    return _address(params) if isinstance(params, str) and "://" in params else params


def _members(params: dict[str, Any]) -> dict[str, Any]:
    hides_value = any(_is_secret(_name(params.get(word)), SECRET_VARIABLES) for word in NAMING)
    return {
        name: HIDDEN if _hides(name, part, hides_value) else redacted(part) for name, part in params.items()
    }


def _hides(name: str, part: Any, hides_value: bool) -> bool:
    if not part or not isinstance(part, str | int):
        return False
    return (hides_value and name in VALUES) or _is_secret(name, SECRET_MEMBERS)


def _name(named: Any) -> str:
    if isinstance(named, dict):
        named = named.get("name")
    return named if isinstance(named, str) else ""


def _is_secret(name: str, words: tuple[str, ...]) -> bool:
    return name.lower().replace("_", "").endswith(tuple(word.replace("_", "") for word in words))


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    if not parts.password:
        return text
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{HIDDEN}@{place}"))
