"""What an API token may be allowed to do. Pure: words and their meanings.

A scope narrows; it never gives what its maker's role does not.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCOPES: Final[dict[str, str | Promise]] = {
    "stations:read": _("see places, stations, EVSEs and their configuration"),
    "stations:write": _("add, change and remove places, stations and EVSEs"),
    "sessions:read": _("see charging sessions and their readings"),
    "sessions:write": _("start, stop and release sessions"),
    "reservations:read": _("see reservations"),
    "reservations:write": _("book and cancel"),
    "imports:read": _("see imports of stations, tokens and tariffs"),
    "imports:write": _("import stations, tokens and tariffs, and undo it"),
    "tokens:read": _("see id tokens"),
    "tokens:write": _("issue, change and block id tokens"),
    "commands:read": _("see what stations were asked and what they answered"),
    "commands:write": _("send commands to stations, one by one and in bulk"),
    "journal:read": _("read the messages of stations, word by word"),
    "money:read": _("see tariffs, charge records and payments"),
    "account:read": _("see whose token this is"),
}
