"""Who is calling, may they, and in which version (1.6 J section 3, 2.0.1 part 4 section 3, A00).

Nothing here talks to the socket: what the head of the request says goes in (`callers`), an
`Admission` or a `Refusal` comes out. What fails is counted (`turned_away`). After an outage all
stations return at once: many callers are decided together, and one is a crowd of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from accounts.models import Organization
from ocpp_bridge import aliases, credentials
from ocpp_bridge.aliases import Way
from ocpp_bridge.callers import Caller, read_head
from ocpp_bridge.credentials import Refused, Shown
from ocpp_bridge.dialects import DIALECTS
from ocpp_bridge.dialects.base import Dialect
from ocpp_bridge.exchange import Remembered
from ocpp_bridge.models import FailedHandshake, LastReply
from ocpp_bridge.turned_away import count_failure
from stations.models import Arrival, ChargingStation, DoorPolicy, HeldStation
from stations.services import arrivals, connectivity, onboarding
from stations.services.arrivals import Came

__all__ = [
    "Admission",
    "Caller",
    "Reason",
    "Refusal",
    "admit",
    "admit_together",
    "choose",
    "enter",
    "read_head",
]

Reason = FailedHandshake.Reason
STATUS: Final = {
    Reason.NO_COMMON_VERSION: HTTPStatus.SWITCHING_PROTOCOLS,
    Reason.NO_PASSWORD: HTTPStatus.UNAUTHORIZED,
    Reason.OTHER_USERNAME: HTTPStatus.UNAUTHORIZED,
    Reason.WRONG_PASSWORD: HTTPStatus.UNAUTHORIZED,
    Reason.UNKNOWN_IDENTITY: HTTPStatus.NOT_FOUND,
    Reason.UNREADABLE_IDENTITY: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_NETWORK: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_PATH: HTTPStatus.NOT_FOUND,
    Reason.PASSWORD_NOT_KNOWN: HTTPStatus.UNAUTHORIZED,
    Reason.WAITING_ROOM_FULL: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Everything else is 403: who it is was said, and it is not enough."""


class Admission(NamedTuple):
    """Come in. `connection_no` fences every older connection of the station.

    `certified_serial`, when it is set, is what the station must call itself at boot (A00.FR.405).
    """

    station_id: int
    identity: str
    connection_no: int
    registration: str
    dialect: Dialect
    last: Remembered | None
    certified_serial: str = ""


class Refusal(NamedTuple):
    """`status` for the HTTP answer; NO_COMMON_VERSION is accepted and then closed (1.6 J 3.2)."""

    status: HTTPStatus
    reason: Reason


class Welcome(NamedTuple):
    """Who may come in, and how: what `enter` makes an admission of. `came`: it may be moving in."""

    station: ChargingStation
    dialect: Dialect
    certified_serial: str = ""
    came: Came | None = None
    remote_address: str = ""


def choose(offered: Iterable[str]) -> Dialect | None:
    """The best version that both sides speak: the newest of ours among the offered ones."""
    words = set(offered)
    return next((dialect for dialect in DIALECTS if dialect.subprotocol in words), None)


def admit(caller: Caller) -> Admission | Refusal:
    """Decide, claim the station for this connection, and count what failed."""
    return admit_together([caller])[0]


def admit_together(callers: Sequence[Caller]) -> list[Admission | Refusal]:
    """The same for many who call at once, each name once: one answer for each, in order."""
    networks = _organizations({caller.organization for caller in callers} - {""})
    stations = find(callers, networks)
    ways = aliases.find([caller for caller in callers if caller not in stations], networks)
    judged = [_judge(caller, stations.get(caller), ways.get(caller)) for caller in callers]
    entered = iter(_enter_apart([one for one in judged if isinstance(one, Welcome)]))
    return [next(entered) if isinstance(one, Welcome) else one for one in judged]


def _enter_apart(welcomes: Sequence[Welcome]) -> list[Admission]:
    """One station that came under two of its names gets two connections, one after the other."""
    if len({welcome.station.pk for welcome in welcomes}) == len(welcomes):
        return enter(welcomes)
    return [admission for welcome in welcomes for admission in enter([welcome])]


def _judge(caller: Caller, station: ChargingStation | None, way: Way | None) -> Welcome | Refusal:
    if way is not None:
        caller, station = way.caller, way.station
    try:
        return _stranger(caller, way) if station is None else _known(station, caller, way)
    except Refused as refused:
        organization_id = refused.organization_id or (station.organization_id if station else None)
        count_failure(caller, refused.reason, organization_id=organization_id, detail=refused.detail)
        return Refusal(STATUS.get(refused.reason, HTTPStatus.FORBIDDEN), refused.reason)


def find(callers: Sequence[Caller], networks: Mapping[str, int]) -> dict[Caller, ChargingStation]:
    """The stations of these identities; on an organization's address only one of its own."""
    named = {caller.identity for caller in callers} - {""}
    stations = {station.identity: station for station in ChargingStation.objects.filter(identity__in=named)}
    return {
        caller: station
        for caller in callers
        if (station := stations.get(caller.identity)) is not None
        and (not caller.organization or station.organization_id == networks.get(caller.organization))
    }


def _organizations(slugs: set[str]) -> Mapping[str, int]:
    return dict(Organization.objects.filter(slug__in=slugs).values_list("slug", "pk")) if slugs else {}


def _known(station: ChargingStation, caller: Caller, way: Way | None) -> Welcome:
    if station.registration == ChargingStation.Registration.REJECTED and _was_turned_away(station):
        raise Refused(Reason.REJECTED)
    shown = credentials.judge(station, caller)
    dialect = _agree(caller)
    credentials.follow(station, shown, caller)
    may_move_in = way is not None or station.connection_no == 0
    came = _came(station, caller, dialect, shown, way) if may_move_in else None
    return Welcome(station, dialect, shown.certified_serial, came, caller.remote_address)


def _came(station: ChargingStation, caller: Caller, dialect: Dialect, shown: Shown, way: Way | None) -> Came:
    """Who comes for the first time, or by a foreign address, may be expected from another system."""
    return Came(
        station=station,
        ocpp_version=dialect.version,
        showed=_showed(shown),
        remote_address=caller.remote_address,
        dialed=caller.dialed.path,
        path_alias_id=way.path_alias_id if way else None,
    )


def _showed(shown: Shown) -> str:
    if shown.first_hash:
        return Arrival.Showed.FIRST_SEEN
    by_profile = {0: Arrival.Showed.NOTHING, 3: Arrival.Showed.CERTIFICATE}
    return by_profile.get(shown.profile, Arrival.Showed.PASSWORD)


def _was_turned_away(station: ChargingStation) -> bool:
    return HeldStation.objects.filter(pk=station.pk, state=HeldStation.State.REJECTED).exists()


def _agree(caller: Caller) -> Dialect:
    dialect = choose(caller.offered)
    if dialect is None:
        raise Refused(Reason.NO_COMMON_VERSION)
    return dialect


def _stranger(caller: Caller, way: Way | None) -> Welcome:
    """A station that we do not know: held for adoption where the network wants that."""
    organization = _network_of(caller, way)
    policy = DoorPolicy.objects.filter(pk=organization.pk, strangers=DoorPolicy.Strangers.HOLD).first()
    if policy is None:
        raise Refused(Reason.UNKNOWN_IDENTITY, organization_id=organization.pk)
    return _hold(organization, policy, caller)


def _network_of(caller: Caller, way: Way | None) -> Organization:
    """Whose stranger this is, by the address. Raises Refused when it names nobody."""
    if way is None and not caller.is_on_our_address:
        raise Refused(Reason.UNKNOWN_PATH)
    if not caller.identity:
        raise Refused(Reason.UNREADABLE_IDENTITY)
    if way is not None and way.organization_id is not None:
        return Organization.objects.get(pk=way.organization_id)
    if way is not None or not caller.organization:
        raise Refused(Reason.UNKNOWN_IDENTITY)
    organization = Organization.objects.filter(slug=caller.organization).first()
    if organization is None:
        raise Refused(Reason.UNKNOWN_NETWORK)
    return organization


def _hold(organization: Organization, policy: DoorPolicy, caller: Caller) -> Welcome:
    """Let it in as pending. The password comes first: who does not know it leaves no row behind."""
    try:
        credentials.judge_password(caller, policy.onboarding_hash)
        dialect = _agree(caller)
        station = onboarding.hold(
            organization=organization,
            identity=caller.identity,
            remote_address=caller.remote_address,
            secret_hash=policy.onboarding_hash,
        )
    except onboarding.NoRoom:
        raise Refused(Reason.WAITING_ROOM_FULL, organization_id=organization.pk) from None
    except onboarding.TakenElsewhere:
        raise Refused(Reason.UNKNOWN_IDENTITY, organization_id=organization.pk) from None
    except Refused as refused:
        raise Refused(refused.reason, refused.detail, organization_id=organization.pk) from None
    return Welcome(station, dialect, remote_address=caller.remote_address)


def enter(welcomes: Sequence[Welcome]) -> list[Admission]:
    """Claim these stations for new connections, which fence every older one."""
    if not welcomes:
        return []
    numbers = connectivity.claim(
        {one.station.pk: one.dialect.version for one in welcomes},
        addresses={one.station.pk: one.remote_address for one in welcomes},
    )
    last = _last_replies(numbers)
    arrivals.note([welcome.came for welcome in welcomes if welcome.came])
    return [
        Admission(
            station.pk,
            station.identity,
            numbers[station.pk],
            station.registration,
            dialect,
            last.get(station.pk),
            certified_serial,
        )
        for station, dialect, certified_serial, *_ in welcomes
    ]


def _last_replies(station_ids: Iterable[int]) -> dict[int, Remembered]:
    kept = LastReply.objects.filter(pk__in=station_ids).values_list("pk", "message_id", "reply", "digest")
    return {pk: Remembered(message_id, reply, digest=bytes(mark)) for pk, message_id, reply, mark in kept}
