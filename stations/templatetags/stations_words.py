"""Words for what stations are asked: `{% load stations_words %}`."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stations import rules
from stations.selectors_energy import FAMILY_NAMES

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
    "show_payment_code": _("Payment code on the display"),
    "trigger": _("Ask for a message"),
    "verbatim": _("Send as written"),
}


@register.filter
def command_name(kind: str) -> str:
    """A command's kind in the reader's words; an unknown kind as it is."""
    return str(COMMANDS.get(kind, kind.replace("_", " ").capitalize()))


# What we say of a start that never reached the charger; what a charger or a bank said is shown as it came.
REFUSED = {
    "station_offline": _("The charger was not connected."),
    "evse_busy": _("Somebody was charging there."),
    "not_authorized": _("The stall was kept for somebody, or the card may not charge."),
}


# How far a start came (stations.causes).
STEPS = {
    "asked": pgettext_lazy("start", "Asked"),
    "paid": pgettext_lazy("start", "Paid"),
    "authorized": pgettext_lazy("start", "Authorized"),
    "sent": pgettext_lazy("start", "Sent to the charger"),
    "accepted": pgettext_lazy("start", "Accepted"),
    "started": pgettext_lazy("start", "Started"),
    "charging": pgettext_lazy("start", "Charging"),
}


@register.filter
def cause_word(cause: str) -> str:
    """Whose trouble it was in the reader's words; a ChargeX code has a name of its own."""
    return str(dict(FAMILY_NAMES).get(cause, cause))


@register.filter
def step_word(step: str) -> str:
    """How far a start came."""
    return str(STEPS.get(step, step))


@register.filter
def said_of_start(detail: str) -> str:
    """What was said about a start attempt."""
    return str(REFUSED.get(detail, detail))


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


# What the rules found odd about a session (`stations.rules.PROBLEMS`), for whoever reviews it.
PROBLEMS = {
    "no_start": _("its start never came"),
    "no_meter_start": _("no register at the start"),
    "no_meter_end": _("no register at the end"),
    "begin_zero": _("began at zero and ended at a lifetime register"),
    "energy_implausible": _("more energy than this stall can deliver in the time"),
    "register_backwards": _("the register went backwards"),
    "register_restarted": _("the register began again at zero; counted in parts"),
    "register_jump": _("the register jumped"),
    "unit_suspect": _("looks like kWh sent as Wh, or the reverse"),
    "reading_above_end": _("a reading after the end lies above the end"),
    "seq_gap": _("messages of the charger are missing"),
    "clock_ahead": _("the charger's clock is ahead"),
    "clock_behind": _("the charger's clock is far behind"),
    "ended_before_start": _("ended before it began"),
    "interrupted": _("its end was never told"),
    "start_after_abandon": _("began after we had given it up"),
    "stop_without_number": _("ended without naming the charge; the only one it can mean"),
    "token_blocked": _("began with a blocked card"),
    "token_expired": _("began with an expired card"),
    "token_invalid": _("began with an unknown card"),
    "token_concurrent": _("its card was charging elsewhere"),
    "unsigned": _("the meter signed nothing"),
    "signature_invalid": _("a signature does not fit"),
    "signature_unchecked": _("signed, but the meter's key is not known"),
    "signed_end_missing": _("only one end is signed"),
    "signed_energy_differs": _("the signed energy is another"),
    "meter_error": _("the meter flagged an error"),
    "clock_unsynchronized": _("time is priced, and the meter's clock was not synchronized"),
}


@register.filter
def problem(word: str) -> str:
    """What is odd, in the reader's words; an unheard-of word as it is."""
    return str(PROBLEMS.get(word, word.replace("_", " ")))


@register.filter
def is_hard(words: list[str]) -> bool:
    """Is a figure missing or in contradiction?"""
    return rules.is_hard(words)
