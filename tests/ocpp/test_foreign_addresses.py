"""Chargers that still dial another system's address, under another name, with the password they have."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import AuditEntry, Organization
from core import clock
from ocpp_bridge import aliases, handshake
from ocpp_bridge.callers import Caller, read_head
from ocpp_bridge.handshake import Admission
from ocpp_bridge.models import FailedHandshake
from stations.models import Arrival, ChargingStation, DoorPolicy, PathAlias
from stations.services import arrivals, foreign_addresses, onboarding
from stations.services.provisioning import create_location, create_station
from stations.services.secrets import hash_secret
from tests.ocpp.doors import basic, uvicorn_door

STEVE = "/steve/websocket/CentralSystemService/{identity}"


@pytest.fixture(autouse=True)
def fresh_book():
    aliases.book.forget()
    yield
    aliases.book.forget()


@pytest.fixture
def steve(network) -> PathAlias:
    return foreign_addresses.add_path(organization=network.organization, text=STEVE, actor=None)


def dial(path: str, username: str = "", password: str = "", host: str = "old-host", **more) -> Caller:
    raw, _mark, query = path.partition("?")
    headers = [(b"host", host.encode())]
    if username:
        headers.append((b"authorization", basic(username, password)["Authorization"].encode()))
    scope = {
        "path": raw, "raw_path": raw.encode(), "query_string": query.encode(), "headers": headers,
        "subprotocols": ["ocpp1.6"], "client": ("203.0.113.7", 1), **more,
    }  # fmt: skip
    return read_head(scope)


def by_steve(name: str, password: str, **more) -> Caller:
    return dial(STEVE.replace("{identity}", name), name, password, **more)


def another_network(slug: str = "other"):
    organization = Organization.objects.create(name=slug, slug=slug, country_code="NL", party_id="OTH")
    place = create_location(
        organization=organization,
        name="Place",
        slug=f"{slug}-place",
        latitude=Decimal(52),
        longitude=Decimal(5),
    )
    return organization, place


# --- which station is meant ----------------------------------------------------------------------


@pytest.mark.django_db
def test_a_charger_comes_by_the_address_of_another_system(network, station, steve):
    arrivals.expect([station])
    admission = handshake.admit(by_steve("CP-1", network.passwords["CP-1"]))
    assert isinstance(admission, Admission)
    assert admission.identity == "CP-1"
    arrival = Arrival.objects.get(station=station)
    assert (arrival.path_alias, arrival.ocpp_version, arrival.showed) == (steve, "1.6", "password")
    assert (arrival.dialed, arrival.remote_address) == (
        "/steve/websocket/CentralSystemService/CP-1",
        "203.0.113.7",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/steve/websocket/CentralSystemService/CP-1/",
        "/steve/websocket/CentralSystemService/CP%2D1",
        "/STEVE//websocket/centralsystemservice/CP-1?protocol=ocpp1.6",
    ],
)
def test_slashes_percents_queries_and_letter_case_do_not_matter(network, station, steve, path):
    assert isinstance(handshake.admit(dial(path, "CP-1", network.passwords["CP-1"])), Admission)


@pytest.mark.django_db
def test_another_name_is_a_name_of_the_station_and_its_user_name(network, station, steve):
    foreign_addresses.add_name(station=station, name="EVB-P123", actor=None)
    password = network.passwords["CP-1"]
    admission = handshake.admit(by_steve("EVB-P123", password))
    assert isinstance(admission, Admission)
    assert admission.identity == "CP-1"
    assert isinstance(handshake.admit(dial("/ocpp/EVB-P123", "EVB-P123", password)), Admission)
    assert isinstance(handshake.admit(dial("/ocpp/northwind/evb-p123", "evb-p123", password)), Admission)
    assert handshake.admit(dial("/ocpp/elsewhere/EVB-P123", "EVB-P123", password)).reason == "unknown_network"


@pytest.mark.django_db
def test_a_name_in_other_letters_is_taken_when_only_one_is_called_so(network, station, steve):
    password = network.passwords["CP-1"]
    assert isinstance(handshake.admit(by_steve("cp-1", password)), Admission)
    network.add("cp-1")
    assert handshake.admit(by_steve("Cp-1", password)).reason == "unknown_identity"


@pytest.mark.django_db
def test_two_networks_may_have_the_same_address_and_the_identity_decides(network, station, steve):
    organization, place = another_network()
    foreign_addresses.add_path(organization=organization, text=STEVE, actor=None)
    other, password = create_station(location=place, identity="CP-2", evses=[])
    assert handshake.admit(by_steve("CP-2", password)).station_id == other.pk
    assert handshake.admit(by_steve("CP-1", network.passwords["CP-1"])).station_id == station.pk
    assert handshake.admit(by_steve("CP-3", password)).reason == "unknown_identity"
    assert FailedHandshake.objects.get(identity="CP-3").organization is None


@pytest.mark.django_db
def test_a_station_of_a_network_without_the_address_is_not_found_by_it(network, steve):
    _organization, place = another_network()
    _other, password = create_station(location=place, identity="CP-2", evses=[])
    assert handshake.admit(by_steve("CP-2", password)).reason == "unknown_identity"
    assert FailedHandshake.objects.get(identity="CP-2").organization == network.organization


@pytest.mark.django_db
def test_the_host_name_decides_before_the_longer_path(network, station):
    organization, place = another_network()
    other, password = create_station(location=place, identity="X", evses=[])
    foreign_addresses.add_path(organization=organization, text="wss://theirs.example/{identity}", actor=None)
    foreign_addresses.add_path(organization=network.organization, text="/CP-{identity}", actor=None)
    foreign_addresses.add_name(station=other, name="CP-9", actor=None)
    assert handshake.admit(dial("/CP-9", "CP-9", password, host="theirs.example:80")).station_id == other.pk
    assert handshake.admit(dial("/CP-9", "9", password, host="ours.example")).reason == "unknown_identity"


@pytest.mark.django_db
def test_our_own_addresses_cannot_be_an_alias(network):
    for text in ("/ocpp/{identity}", "/ocpp/northwind/{identity}", "wss://host/OCPP/{identity}"):
        with pytest.raises(foreign_addresses.Refused):
            foreign_addresses.add_path(organization=network.organization, text=text, actor=None)
    foreign_addresses.add_path(organization=network.organization, text="/ocpp/1.6/{identity}", actor=None)
    with pytest.raises(foreign_addresses.Refused):
        foreign_addresses.add_path(organization=network.organization, text="/OCPP/1.6/{identity}", actor=None)


@pytest.mark.django_db
def test_a_networks_own_address_is_not_taken_away_by_an_alias_that_was_there_first(network, station):
    organization, _place = another_network("early")
    foreign_addresses.add_path(organization=organization, text="/ocpp/late/{identity}", actor=None)
    Organization.objects.filter(pk=network.organization.pk).update(slug="late")
    assert handshake.admit(dial("/ocpp/late/NEW", "NEW", "x")).reason == "unknown_identity"
    assert FailedHandshake.objects.get(identity="NEW").organization == network.organization


@pytest.mark.django_db
def test_one_name_belongs_to_one_station(network, station):
    second = network.add("CP-2")
    foreign_addresses.add_name(station=station, name="OLD-1", actor=None)
    for name in ("old-1", "CP-1", "a:b", "", "x" * 49):
        with pytest.raises(foreign_addresses.Refused):
            foreign_addresses.add_name(station=second, name=name, actor=None)


@pytest.mark.django_db
def test_a_network_has_a_bounded_number_of_addresses(network):
    rows = [PathAlias(organization=network.organization, pattern=f"/{n}/{{identity}}") for n in range(30)]
    PathAlias.objects.bulk_create(rows)
    with pytest.raises(foreign_addresses.Refused):
        foreign_addresses.add_path(organization=network.organization, text=STEVE, actor=None)


@pytest.mark.django_db
def test_an_unknown_address_is_counted_with_its_path_and_the_name_it_ends_with(network, station):
    assert handshake.admit(dial("/old/path/CP-1?x=1", "CP-1", "pw")).reason == "unknown_path"
    failed = FailedHandshake.objects.get()
    assert (failed.identity, failed.path, failed.organization) == ("CP-1", "/old/path/CP-1", None)


@pytest.mark.django_db
def test_nobody_at_our_addresses_is_looked_up_among_aliases(network, station, steve):
    caller = dial("/ocpp/CP-1", "CP-1", network.passwords["CP-1"])
    handshake.admit(caller)
    with CaptureQueriesContext(connection) as asked:
        assert isinstance(handshake.admit(caller), Admission)
    assert not any("alias" in query["sql"] or "arrival" in query["sql"] for query in asked)


@pytest.mark.django_db
def test_a_crowd_at_a_foreign_address_is_looked_up_together(network, steve):
    names = [f"CROWD-{n}" for n in range(12)]
    for name in names:
        network.add(name, evses=1)
    crowd = [by_steve(name, network.passwords[name]) for name in names]
    assert len({caller.calls_as for caller in crowd}) == 12
    aliases.find(crowd[:1], {})
    with CaptureQueriesContext(connection) as asked:
        assert len(aliases.find(crowd, {})) == 12
    assert len(asked) == 2
    assert all(isinstance(one, Admission) for one in handshake.admit_together(crowd))


@pytest.mark.django_db
def test_one_station_under_two_names_at_once_has_two_connections(network, station, steve):
    foreign_addresses.add_name(station=station, name="OLD-1", actor=None)
    password = network.passwords["CP-1"]
    both = handshake.admit_together([by_steve("OLD-1", password), dial("/ocpp/CP-1", "CP-1", password)])
    assert [one.connection_no for one in both] == [1, 2]


# --- passwords -----------------------------------------------------------------------------------


def forget_password(station: ChargingStation) -> None:
    ChargingStation.objects.filter(pk=station.pk).update(secret_hash="")


def keep_first(network, days: int = 3) -> None:
    until = clock.now().date() + timedelta(days=days)
    foreign_addresses.keep_first_passwords(organization=network.organization, until=until, actor=None)


@pytest.mark.django_db
def test_a_password_that_is_not_known_is_refused_unless_the_network_keeps_first_ones(network, station, steve):
    forget_password(station)
    assert handshake.admit(by_steve("CP-1", "from the old system")).reason == "password_not_known"
    station.refresh_from_db()
    assert station.secret_hash == ""


@pytest.mark.django_db
def test_the_first_password_is_kept_and_only_it_holds_afterwards(network, station, steve):
    forget_password(station)
    keep_first(network)
    assert isinstance(handshake.admit(by_steve("CP-1", "from the old system")), Admission)
    assert Arrival.objects.get(station=station).showed == "first_seen"
    assert handshake.admit(by_steve("CP-1", "another")).reason == "wrong_password"
    assert isinstance(handshake.admit(by_steve("CP-1", "from the old system")), Admission)
    assert Arrival.objects.get(station=station).showed == "password"
    kept = AuditEntry.objects.get(action="station.keep_first_password")
    assert kept.changes == {"station": "CP-1", "from": "203.0.113.7"}


@pytest.mark.django_db
def test_nothing_is_kept_of_an_empty_password_another_user_or_a_version_nobody_speaks(
    network, station, steve
):
    forget_password(station)
    keep_first(network)
    assert handshake.admit(by_steve("CP-1", "")).reason == "no_password"
    path = STEVE.replace("{identity}", "CP-1")
    assert handshake.admit(dial(path, "somebody", "pw")).reason == "other_username"
    old = by_steve("CP-1", "pw", subprotocols=["ocpp1.5"])
    assert handshake.admit(old).reason == "no_common_version"
    station.refresh_from_db()
    assert station.secret_hash == ""


@pytest.mark.django_db
def test_keeping_first_passwords_ends_by_its_day(network, station, steve):
    forget_password(station)
    keep_first(network, days=2)
    with clock.at(clock.now() + timedelta(days=4)):
        assert handshake.admit(by_steve("CP-1", "late")).reason == "password_not_known"


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-1, 61, 4000])
def test_it_can_be_switched_on_for_sixty_days_at_most(network, days):
    with pytest.raises(foreign_addresses.Refused):
        keep_first(network, days=days)


@pytest.mark.django_db
def test_of_two_that_come_at_once_the_first_password_is_the_stations_own(network, station):
    forget_password(station)
    keep = foreign_addresses.keep_first_password
    assert keep(station=station, secret_hash=hash_secret("a"), remote_address="")
    assert not keep(station=station, secret_hash=hash_secret("b"), remote_address="")
    station.refresh_from_db()
    assert station.secret_hash == hash_secret("a")


@pytest.mark.django_db
def test_a_station_without_a_password_comes_only_where_the_network_allows_it(network, station, steve):
    ChargingStation.objects.filter(pk=station.pk).update(security_profile=0, secret_hash="")
    bare = dial(STEVE.replace("{identity}", "CP-1"))
    assert handshake.admit(bare).reason == "unsecured"
    onboarding.set_policy(organization=network.organization, strangers="refuse", allows_unsecured=True)
    assert isinstance(handshake.admit(bare), Admission)
    assert Arrival.objects.get(station=station).showed == "nothing"


@pytest.mark.django_db
def test_the_door_policys_own_form_leaves_first_passwords_as_they_are(network):
    keep_first(network)
    onboarding.set_policy(organization=network.organization, strangers="hold")
    assert DoorPolicy.objects.get().keeps_first_password_until is not None


# --- over a socket -------------------------------------------------------------------------------


def call(port: int, path: str, name: str, password: str, version: str = "ocpp1.6") -> str | None:
    """The chosen version; raises InvalidStatus when the door stays shut."""
    with connect(
        f"ws://127.0.0.1:{port}{path}",
        subprotocols=[Subprotocol(version)],
        additional_headers=basic(name, password),
        open_timeout=10,
    ) as line:
        return line.subprotocol


@pytest.mark.django_db(transaction=True)
def test_a_changed_alias_works_within_seconds_in_a_running_bridge(network, station):
    path, password = "/ocpp/1.6/CP-1", network.passwords["CP-1"]
    with uvicorn_door() as port:
        with pytest.raises(InvalidStatus) as shut:
            call(port, path, "CP-1", password)
        assert shut.value.response.status_code == 404
        alias = foreign_addresses.add_path(
            organization=network.organization, text="/ocpp/1.6/{identity}", actor=None
        )
        time.sleep(aliases.FRESH_S)
        assert call(port, path, "CP-1", password) == "ocpp1.6"
        assert call(port, f"{path}/?id=7", "CP-1", password, "ocpp2.0.1") == "ocpp2.0.1"
        foreign_addresses.remove_path(alias=alias, actor=None)
        time.sleep(aliases.FRESH_S)
        with pytest.raises(InvalidStatus):
            call(port, path, "CP-1", password)
