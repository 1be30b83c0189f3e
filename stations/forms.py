"""Forms of the operator's pages: one per kind of command, each becoming a command dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stations import command_kinds as kinds
from stations.models import ChargingSession, ChargingStation

WHOLE_STATION: Final = ("0", _("Whole charger"))
MESSAGES: Final = (
    ("status", _("Status")),
    ("meter_values", _("Meter values")),
    ("heartbeat", _("Heartbeat")),
    ("boot", _("Start-up notification")),
)


class CommandForm(forms.Form):
    """Base. `title`, `icon` and `explains` (what will happen) are shown beside the fields."""

    kind: ClassVar[str]
    title: ClassVar[str | Promise]
    icon: ClassVar[str]
    explains: ClassVar[str | Promise]
    is_risky: ClassVar[bool] = False

    def __init__(self, station: ChargingStation, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix=self.kind)
        self.station = station

    def command(self) -> kinds.CommandKind:
        raise TypeError(f"{type(self).__name__} names no command.")

    def _stalls(self, *, with_station: bool = False) -> list[tuple[str, str | Promise]]:
        stalls = [(str(evse.number), str(evse)) for evse in self.station.evses.all()]
        return [WHOLE_STATION, *stalls] if with_station else [*stalls]


class StallForm(CommandForm):
    evse_number = forms.TypedChoiceField(label=_("Stall"), coerce=int)
    with_station: ClassVar[bool] = False

    def __init__(self, station: ChargingStation, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(station, data)
        field: Any = self.fields["evse_number"]
        field.choices = self._stalls(with_station=self.with_station)


class StartForm(StallForm):
    kind = kinds.StartSession.name
    title = _("Start a charge")
    icon = "play"
    explains = _("The charger starts as if this token had been shown; nobody is asked to pay first.")
    token_uid = forms.CharField(label=_("Token"), max_length=20, help_text=_("RFID card or app token"))

    def command(self) -> kinds.CommandKind:
        return kinds.StartSession(**self.cleaned_data)


class StopForm(CommandForm):
    kind = kinds.StopSession.name
    title = _("Stop a charge")
    icon = "circle-stop"
    explains = _("The charge ends, the cable is released, and the driver is billed for what was used.")
    is_risky = True
    session = forms.ModelChoiceField(
        ChargingSession.objects.none(), label=_("Session"), empty_label=None, to_field_name="number"
    )

    def __init__(self, station: ChargingStation, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(station, data)
        field: Any = self.fields["session"]
        field.queryset = station.sessions.filter(status="active").select_related("evse")
        field.label_from_instance = lambda session: f"{session} · {session.evse or station}"

    def command(self) -> kinds.CommandKind:
        session: ChargingSession = self.cleaned_data["session"]
        return kinds.StopSession(session_number=session.number, transaction_id=session.transaction_id)


class UnlockForm(StallForm):
    kind = kinds.Unlock.name
    title = _("Unlock the connector")
    icon = "lock-open"
    explains = _("Releases a stuck cable. A running charge ends first.")
    is_risky = True

    def command(self) -> kinds.CommandKind:
        return kinds.Unlock(**self.cleaned_data)


class ResetForm(CommandForm):
    kind = kinds.Reset.name
    title = _("Restart the charger")
    icon = "rotate-ccw"
    explains = _("Soft: when no car charges. Hard: at once, running charges end.")
    is_risky = True
    is_hard = forms.TypedChoiceField(
        label=_("How"),
        choices=(("", _("Soft")), ("1", _("Hard"))),
        coerce=bool,
        required=False,
        empty_value=False,  # type: ignore[arg-type]
    )

    def command(self) -> kinds.CommandKind:
        return kinds.Reset(is_hard=self.cleaned_data["is_hard"])


class AvailabilityForm(StallForm):
    kind = kinds.SetAvailability.name
    title = _("Open or close")
    icon = "wrench"
    explains = _("Closed stalls take no new car; a running charge goes on to its end.")
    with_station = True
    is_operative = forms.TypedChoiceField(
        label=_("State"),
        choices=(("", _("Closed")), ("1", _("Open"))),
        coerce=bool,
        required=False,
        empty_value=False,  # type: ignore[arg-type]
    )

    def command(self) -> kinds.CommandKind:
        return kinds.SetAvailability(**self.cleaned_data)


class TriggerForm(StallForm):
    kind = kinds.Trigger.name
    title = _("Ask for a message")
    icon = "message-square"
    explains = _("The charger sends the message now; it appears in the log below.")
    with_station = True
    message = forms.ChoiceField(label=_("Message"), choices=MESSAGES)

    def command(self) -> kinds.CommandKind:
        return kinds.Trigger(
            message=self.cleaned_data["message"], evse_number=self.cleaned_data["evse_number"] or None
        )


class ReadForm(CommandForm):
    kind = kinds.ReadVariables.name
    title = _("Read the configuration")
    icon = "list"
    explains = _("Asks for these settings, or for all when none is named (1.6).")
    names = forms.CharField(
        label=_("Settings"),
        required=False,
        help_text=_("Separated by spaces: HeartbeatInterval, OCPPCommCtrlr.HeartbeatInterval"),
    )

    def command(self) -> kinds.CommandKind:
        return kinds.ReadVariables(names=tuple(self.cleaned_data["names"].replace(",", " ").split()))


class WriteForm(CommandForm):
    kind = kinds.WriteVariable.name
    title = _("Change a setting")
    icon = "settings"
    explains = _("Takes effect at once, or after a restart when the charger says so.")
    is_risky = True
    variable = forms.CharField(label=_("Setting"), max_length=120)
    value = forms.CharField(label=_("Value"), max_length=500)

    def command(self) -> kinds.CommandKind:
        return kinds.WriteVariable(**self.cleaned_data)


COMMAND_FORMS: Final[dict[str, type[CommandForm]]] = {
    form.kind: form
    for form in (
        StopForm,
        StartForm,
        UnlockForm,
        ResetForm,
        AvailabilityForm,
        TriggerForm,
        ReadForm,
        WriteForm,
    )
}


def forms_for(station: ChargingStation) -> list[CommandForm]:
    """The forms that make sense for this charger now."""
    offered = [form(station) for form in COMMAND_FORMS.values()]
    is_charging = station.sessions.filter(status="active").exists()
    return [form for form in offered if is_charging or form.kind != StopForm.kind]
