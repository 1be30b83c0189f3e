"""Words for what stations are asked: `{% load stations_words %}`."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

COMMANDS = {
    "start_session": _("Start a charge"),
    "stop_session": _("Stop a charge"),
    "reserve": _("Keep a stall"),
    "cancel_reservation": _("Keep it no longer"),
    "set_power_limit": _("Set a power limit"),
    "clear_power_limit": _("Clear a power limit"),
    "unlock": _("Unlock the connector"),
    "reset": _("Restart"),
    "set_availability": _("Open or close"),
    "read_variables": _("Read the configuration"),
    "write_variables": _("Change a setting"),
    "trigger": _("Ask for a message"),
    "verbatim": _("Send as written"),
}


@register.filter
def command_name(kind: str) -> str:
    """A command's kind in the reader's words; an unknown kind as it is."""
    return str(COMMANDS.get(kind, kind))
