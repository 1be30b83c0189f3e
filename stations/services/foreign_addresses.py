"""What chargers of another system dial and call themselves. Callers have checked permission."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.models import ChargingStation, DoorPolicy, PathAlias, StationAlias
from stations.path_patterns import PLACE, BadPattern, Fault, PathPattern, read_pattern

ALIASES_AT_MOST: Final = 30
"""Of one organization: a handshake at a foreign address looks at all of them."""
FIRST_PASSWORDS_FOR: Final = timedelta(days=60)
MAX_IDENTITY_CHARS: Final = 48


class Refused(ValueError):
    """The alias cannot be kept; the words say why and what to do."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(words)
        self.words = words


WORDS: Final[dict[Fault, str | Promise]] = {
    Fault.NO_PLACE: _("Write {identity} where the charger's name stands in the address."),
    Fault.TWO_PLACES: _("The charger's name can stand in one place only: write {identity} once."),
    Fault.TOO_LONG: _("An address of a charger has at most 200 characters."),
    Fault.NOT_A_PATH: _("This is not an address: write a path such as /ocpp/1.6/{identity}."),
}


# --- paths -----------------------------------------------------------------------------------


@transaction.atomic
def add_path(*, organization: Organization, text: str, host: str = "", actor: User | None) -> PathAlias:
    """Chargers that dial this path (or whole address) are heard from now on. Raises Refused."""
    said_host, pattern = _read(text)
    _keep_own_addresses(pattern)
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if PathAlias.objects.filter(organization=organization).count() >= ALIASES_AT_MOST:
        raise Refused(_("A network has at most 30 foreign addresses. Remove one that nobody dials."))
    alias = PathAlias(
        organization=organization,
        pattern=pattern.text,
        host=(host.strip().lower() or said_host)[:120],
        created_by=actor,
    )
    _save(alias, _("Your network has this address already."))
    _note(organization, actor, "path_alias.add", {"path": str(alias)})
    return alias


def _read(text: str) -> tuple[str, PathPattern]:
    try:
        return read_pattern(text)
    except BadPattern as bad:
        raise Refused(WORDS[bad.fault]) from bad


def _keep_own_addresses(pattern: PathPattern) -> None:
    """`/ocpp/<identity>` and `/ocpp/<network>/<identity>` are the house's own."""
    first, *middle = pattern.steps[:-1] or ("",)
    if first.lower() != "ocpp" or pattern.steps[-1] != PLACE or len(middle) > 1:
        return
    if not middle or Organization.objects.filter(slug=middle[0].lower()).exists():
        raise Refused(_("This address belongs to this system itself: chargers need no alias for it."))


@transaction.atomic
def remove_path(*, alias: PathAlias, actor: User | None) -> None:
    """It is not heard any more; connections that are open stay."""
    _note(alias.organization, actor, "path_alias.remove", {"path": str(alias)})
    alias.delete()


# --- names -----------------------------------------------------------------------------------


@transaction.atomic
def add_name(*, station: ChargingStation, name: str, actor: User | None) -> StationAlias:
    """The station may also call itself so. Raises Refused."""
    problem = name_problem(name)
    if problem:
        raise Refused(problem)
    if ChargingStation.objects.filter(identity=name).exists():
        raise Refused(_("A charger has this name as its identity."))
    alias = StationAlias(organization_id=station.organization_id, station=station, alias=name)
    _save(alias, _("Another charger has this alias."))
    _note(station.organization, actor, "station_alias.add", {"station": station.identity, "alias": name})
    return alias


def name_problem(name: str) -> str | Promise:
    """Why a charger cannot call itself so; empty when it can (no colon: Basic authentication)."""
    if not name or len(name) > MAX_IDENTITY_CHARS or ":" in name or not name.isprintable():
        return _("A charger's name has 1 to 48 characters and no colon.")
    return ""


@transaction.atomic
def remove_name(*, alias: StationAlias, actor: User | None) -> None:
    changes = {"station": alias.station.identity, "alias": alias.alias}
    _note(alias.organization, actor, "station_alias.remove", changes)
    alias.delete()


def _save(alias: PathAlias | StationAlias, words: str | Promise) -> None:
    try:
        with transaction.atomic():
            alias.save()
    except IntegrityError as error:
        raise Refused(words) from error


# --- first passwords -------------------------------------------------------------------------


@transaction.atomic
def keep_first_passwords(*, organization: Organization, until: date | None, actor: User | None) -> None:
    """Until the end of that day (the network's), a charger whose password is not known keeps the first
    one that it shows; None: no longer. Raises Refused."""
    end = _end_of(until, organization) if until else None
    if end and not clock.now() < end <= clock.now() + FIRST_PASSWORDS_FOR:
        raise Refused(_("Choose a day from today on, at most 60 days ahead."))
    DoorPolicy.objects.update_or_create(
        organization=organization, defaults={"keeps_first_password_until": end}
    )
    _note(organization, actor, "door.first_passwords", {"until": until.isoformat() if until else None})


def _end_of(day: date, organization: Organization) -> datetime:
    zone = ZoneInfo(organization.time_zone)
    return datetime.combine(day, time.max, tzinfo=zone).replace(microsecond=0)


def keeps_first_passwords(organization_id: int) -> bool:
    """Whether that holds now."""
    now = clock.now()
    return DoorPolicy.objects.filter(pk=organization_id, keeps_first_password_until__gt=now).exists()


@transaction.atomic
def keep_first_password(*, station: ChargingStation, secret_hash: str, remote_address: str) -> bool:
    """The first password that it shows is its own; False when another one was quicker."""
    unknown = ChargingStation.objects.filter(pk=station.pk, secret_hash="")
    if not unknown.update(secret_hash=secret_hash):
        return False
    changes = {"station": station.identity, "from": remote_address}
    _note(station.organization, None, "station.keep_first_password", changes)
    return True


def _note(
    organization: Organization, actor: User | None, action: str, changes: Mapping[str, str | None]
) -> None:
    subject = f"organization.{organization.pk}"
    note_action(actor=actor, organization=organization, action=action, subject=subject, changes=dict(changes))
    nudge(f"door.{organization.pk}")
