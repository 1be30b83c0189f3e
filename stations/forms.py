"""Forms of the operator's pages: one per kind of command, each becoming a command dataclass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stations import command_kinds as kinds
from stations.models import ChargingSession, ChargingStation, Evse
from stations.services.translation import translator

WHOLE_STATION: Final = ("0", _("Whole charger"))
MESSAGES: Final = (
    ("status", _("Status")),
    ("meter_values", _("Meter values")),
    ("heartbeat", _("Heartbeat")),
    ("boot", _("Start-up notification")),
)


class CommandForm(forms.Form):
    """Base. `title` and `icon` name it; `says()` tells what will happen at this charger now.

    `makes_sense` is False where the charger, as it is, would only refuse: then it is not offered.
    """

    kind: ClassVar[str]
    title: ClassVar[str | Promise]
    icon: ClassVar[str]
    explains: ClassVar[str | Promise]
    is_risky: ClassVar[bool] = False

    def __init__(
        self,
        station: ChargingStation,
        data: Mapping[str, Any] | None = None,
        running: Sequence[ChargingSession] | None = None,
    ) -> None:
        super().__init__(data, prefix=self.kind)
        self.station = station
        self.running = running_at(station) if running is None else running
        self.fit()

    def fit(self) -> None:
        """Offer what there is at this charger."""

    def command(self) -> kinds.CommandKind:
        raise TypeError(f"{type(self).__name__} names no command.")

    def says(self) -> str | Promise:
        return self.explains

    @property
    def makes_sense(self) -> bool:
        return True

    def _stalls(self, *, with_station: bool = False) -> list[tuple[str, str | Promise]]:
        stalls = [(str(evse.number), str(evse)) for evse in self.station.evses.all()]
        return [WHOLE_STATION, *stalls] if with_station else [*stalls]

    def _charges(self) -> str:
        """The running charges in words: "#81 at Stall 1, #82 at Stall 2"."""
        return ", ".join(
            _("%(session)s at %(stall)s") % {"session": session, "stall": session.evse or self.station}
            for session in self.running
        )


class StallForm(CommandForm):
    evse_number = forms.TypedChoiceField(label=_("Stall"), coerce=int)
    with_station: ClassVar[bool] = False

    def fit(self) -> None:
        field: Any = self.fields["evse_number"]
        field.choices = self._stalls(with_station=self.with_station)

    @property
    def makes_sense(self) -> bool:
        field: Any = self.fields["evse_number"]
        return bool(field.choices)


class StartForm(StallForm):
    kind = kinds.StartSession.name
    title = _("Start a charge")
    icon = "play"
    explains = _("The charger starts as if this token had been shown; nobody is asked to pay first.")
    token_uid = forms.CharField(label=_("Token"), max_length=20, help_text=_("RFID card or app token"))

    def _stalls(self, *, with_station: bool = False) -> list[tuple[str, str | Promise]]:
        """Those where a car could begin: no charge runs, and no connector is out of order."""
        taken = {session.evse_id for session in self.running}
        free = [evse for evse in self.station.evses.all() if evse.pk not in taken and _can_charge(evse)]
        return [(str(evse.number), str(evse)) for evse in free]

    def command(self) -> kinds.CommandKind:
        return kinds.StartSession(**self.cleaned_data)


class StopForm(CommandForm):
    kind = kinds.StopSession.name
    title = _("Stop a charge")
    icon = "circle-stop"
    explains = _("The charge ends, the cable is released, and the driver is billed for what was used.")
    is_risky = True
    session = forms.TypedChoiceField(label=_("Session"), coerce=int)

    def fit(self) -> None:
        field: Any = self.fields["session"]
        field.choices = [
            (session.number, f"{session} · {session.evse or self.station}") for session in self.running
        ]

    @property
    def makes_sense(self) -> bool:
        return bool(self.running)

    def command(self) -> kinds.CommandKind:
        session = next(one for one in self.running if one.number == self.cleaned_data["session"])
        return kinds.StopSession(session_number=session.number, transaction_id=session.transaction_id)


class UnlockForm(StallForm):
    kind = kinds.Unlock.name
    title = _("Unlock the connector")
    icon = "lock-open"
    explains = _("Releases a stuck cable. No charge is running.")
    is_risky = True

    def says(self) -> str | Promise:
        if not self.running:
            return self.explains
        return _("Releases a stuck cable. A charge that runs there ends first: %(charges)s.") % {
            "charges": self._charges()
        }

    def command(self) -> kinds.CommandKind:
        return kinds.Unlock(**self.cleaned_data)


class ResetForm(CommandForm):
    kind = kinds.Reset.name
    title = _("Restart the charger")
    icon = "rotate-ccw"
    explains = _("No car is charging: it restarts at once and is away for a minute or two.")
    is_risky = True

    def says(self) -> str | Promise:
        if not self.running:
            return self.explains
        return _("Soft: it waits until no car charges. Hard: these end at once: %(charges)s.") % {
            "charges": self._charges()
        }

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
        choices=(("", _("Closed")), ("1", pgettext_lazy("state", "Open"))),
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

    def fit(self) -> None:
        known = self.station.variables.exclude(mutability="ReadOnly").filter(attribute="Actual")
        names = [(str(variable), f"{variable} = {variable.value}"[:80]) for variable in known]
        if names:
            self.fields["variable"] = forms.ChoiceField(
                label=_("Setting"), choices=list(dict.fromkeys(names))
            )

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


def forms_for(station: ChargingStation, may_ask: Callable[[str], bool]) -> list[CommandForm]:
    """What this charger, as it is now and in the version that it speaks, would accept. None when offline."""
    if not station.is_connected or station.registration == ChargingStation.Registration.REJECTED:
        return []
    spoken = translator().kinds(station.ocpp_version)
    running = running_at(station)
    offered = [
        form(station, running=running)
        for kind, form in COMMAND_FORMS.items()
        if kind in spoken and may_ask(kind)
    ]
    return [form for form in offered if form.makes_sense and _is_accepted(station, form)]


def running_at(station: ChargingStation) -> list[ChargingSession]:
    return list(station.sessions.filter(status="active").select_related("evse").order_by("number"))


def _is_accepted(station: ChargingStation, form: CommandForm) -> bool:
    """While pending a station can be configured and not started (2.0.1 B02.FR.05)."""
    is_pending = station.registration == ChargingStation.Registration.PENDING
    return not (is_pending and form.kind in (kinds.StartSession.name, kinds.StopSession.name))


def _can_charge(evse: Evse) -> bool:
    return any(plug.status not in ("faulted", "unavailable") for plug in evse.connectors.all())
