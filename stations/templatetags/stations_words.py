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
    return str(COMMANDS.get(kind, kind.replace("_", " ").capitalize()))


# What stations give as the reason of an end, in both versions; what is not here is shown as it came.
END_REASONS = {
    "EVDisconnected": _("unplugged at the car"),
    "Local": _("ended at the charger"),
    "Remote": _("stopped from here or from the app"),
    "StoppedByEV": _("the car ended it"),
    "SOCLimitReached": _("the wanted level was reached"),
    "EnergyLimitReached": _("the wanted energy was reached"),
    "TimeLimitReached": _("its time was over"),
    "MasterPass": _("ended with the master card"),
    "DeAuthorized": _("the card was refused during the charge"),
    "EmergencyStop": _("emergency stop"),
    "PowerLoss": _("the charger lost power"),
    "HardReset": _("hard restart of the charger"),
    "SoftReset": _("restart of the charger"),
    "Reboot": _("the charger started again"),
    "UnlockCommand": _("the connector was unlocked"),
    "GroundFault": _("ground fault"),
    "OvercurrentFault": _("too much current"),
    "Timeout": _("nothing was plugged in in time"),
    "Other": _("another reason"),
}


@register.filter
def end_reason(word: str) -> str:
    """Why a session ended, in the reader's words; an unheard-of reason as the station said it."""
    return str(END_REASONS.get(word, word))
