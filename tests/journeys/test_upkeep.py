"""An operator looks after chargers: a firmware campaign, a log, the local list, certificates."""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from accounts.services import block_token
from ocpp_bridge.models import FailedHandshake
from simulator.stations import CATALOG, LiveStation, Vehicle
from stations.command_kinds import Reset, SetNetworkProfile, Trigger, UpdateFirmware, WriteVariable
from stations.models import (
    BulkCommand,
    ChargingSession,
    FileLink,
    LocalList,
    StationCertificate,
    StationTransfer,
    StoredFile,
)
from stations.selectors_bulk import items_of
from stations.services import bulk, certificates, commands, files, local_lists, security, upkeep
from tests.journeys.network import Network, eventually
from tests.ocpp.doors import free_port, uvicorn_door
from tests.ocpp.pki import Maker, make_key

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
VERSIONS = ["1.6", "2.0.1", "2.1"]
IMAGE = b"version=5.0.1\n" + b"firmware " * 20_000


@pytest.fixture(autouse=True)
def _files(settings, tmp_path, site_url):
    settings.FILES_ROOT, settings.FILES_URL = str(tmp_path / "files"), site_url


@pytest.fixture
async def network(worker):
    return await sync_to_async(Network)()


# --- firmware --------------------------------------------------------------------------------


def keep_signed_image(network: Network) -> StoredFile:
    maker, key = Maker.called("Wallwerk"), make_key()
    signature = base64.b64encode(key.sign(IMAGE, ec.ECDSA(hashes.SHA256()))).decode()
    certificate = maker.sign(key, common_name="signing", organization="Wallwerk")
    return files.keep_firmware(
        organization=network.organization,
        name="wallwerk.bin",
        chunks=[IMAGE],
        version="5.0.1",
        signature=signature,
        certificate=certificate,
    )


def begin_campaign(network: Network) -> BulkCommand:
    """First one, then another, then all: a step is taken when the one before has ended well."""
    image = keep_signed_image(network)
    plan = bulk.Plan(
        user=network.owner,
        organization=network.organization,
        kind=UpdateFirmware(url=f"file:{image.file_id}"),
        selection={"firmware": "4.2.1"},
    )
    return bulk.begin(plan=plan, pace_per_minute=600, stages=[25, 50], halt_percent=10, halt_after=2)


def states(campaign: BulkCommand) -> list[tuple[str, str]]:
    return [(item.station.identity, item.state) for item in items_of(campaign)]


def reached(campaign: BulkCommand, status: str) -> bool:
    campaign.refresh_from_db()
    return campaign.status == status


async def test_a_campaign_halts_at_the_one_that_fails_and_goes_on_when_told(bridge_url, network):
    fleet = [("FW-1", "1.6"), ("FW-2", "2.0.1"), ("FW-3", "2.1"), ("FW-4", "1.6")]
    async with AsyncExitStack() as stack:
        lines = {}
        for identity, version in fleet:
            spec = await sync_to_async(network.add)(identity, version)
            lines[identity] = await stack.enter_async_context(LiveStation(bridge_url, spec))
        lines["FW-2"].core.mischief.fail_update("install")

        campaign = await sync_to_async(begin_campaign)(network)
        await eventually(lambda: reached(campaign, "halted"), "the campaign halts")
        assert await sync_to_async(states)(campaign) == [
            ("FW-1", "succeeded"),
            ("FW-2", "failed"),
            ("FW-3", "waiting"),
            ("FW-4", "waiting"),
        ]
        assert not lines["FW-3"].heard("UpdateFirmware")
        assert not lines["FW-4"].heard("SignedUpdateFirmware")

        assert await sync_to_async(bulk.resume)(command=campaign, actor=network.owner)
        await eventually(lambda: reached(campaign, "completed"), "the campaign ends")
        await sync_to_async(demand_new_versions)(network, campaign)
        for identity in ("FW-3", "FW-4"):
            words = [note.detail for note in lines[identity].core.notes if note.kind == "firmware"]
            assert words[-4:] == ["SignatureVerified", "Installing", "InstallRebooting", "Installed"]


def demand_new_versions(network: Network, campaign: BulkCommand) -> None:
    outcomes = dict(states(campaign))
    assert outcomes == {"FW-1": "succeeded", "FW-2": "failed", "FW-3": "succeeded", "FW-4": "succeeded"}
    versions = {identity: network.station(identity).firmware for identity in outcomes}
    assert versions == {"FW-1": "5.0.1", "FW-2": "4.2.1", "FW-3": "5.0.1", "FW-4": "5.0.1"}
    assert not FileLink.objects.filter(used_at=None).exists(), "a link that was used is of no use any more"
    failed = StationTransfer.objects.get(station__identity="FW-2")
    assert (failed.status, failed.word) == ("failed", "InstallationFailed")
    assert [entry["word"] for entry in failed.history][:2] == ["Downloading", "Downloaded"]


# --- logs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_log_comes_in_and_can_be_downloaded(version, bridge_url, network):
    spec = await sync_to_async(network.add)("LOG-1", version)
    async with LiveStation(bridge_url, spec) as station:
        await station.plug_in(1, Vehicle(spec=CATALOG["Compact"], soc_percent=30))
        row = await sync_to_async(network.station)("LOG-1")
        await sync_to_async(upkeep.collect_logs)(station=row, actor=network.owner)
        await eventually(transfer_done, "the log is told to have come in")
    await sync_to_async(demand_readable_log)(network)


async def test_a_charger_that_knows_no_newer_request_is_asked_in_the_old_way(bridge_url, network):
    spec = await sync_to_async(network.add)(
        "LOG-2", "1.6", settings={"has_security_extension": False, "upload_method": "POST"}
    )
    async with LiveStation(bridge_url, spec):
        row = await sync_to_async(network.station)("LOG-2")
        refused = await sync_to_async(upkeep.collect_logs)(station=row, actor=network.owner)
        await eventually(lambda: answered(refused), "the newer request is refused")
        await sync_to_async(upkeep.collect_logs)(station=row, actor=network.owner)
        await eventually(transfer_done, "the log is told to have come in")
    await sync_to_async(demand_readable_log)(network)


def answered(command):
    command.refresh_from_db()
    return command.answered_at is not None


def transfer_done() -> StationTransfer | None:
    return StationTransfer.objects.filter(kind="log", status="done").first()


def demand_readable_log(network: Network) -> None:
    file = StoredFile.objects.get(kind="logs")
    transfer = StationTransfer.objects.get(kind="log", status="done")
    assert file.name == transfer.file_name
    client = Client()
    client.force_login(network.owner)
    response = client.get(f"/operate/files/{file.file_id}/download/")
    assert response.status_code == 200
    text = async_to_sync(whole)(response).decode()
    assert "firmware 4.2.1" in text
    assert "accepted" in text


async def whole(response) -> bytes:
    return b"".join([piece async for piece in response])


# --- the local list --------------------------------------------------------------------------


def in_step(identity: str, version: int | None = None) -> bool:
    held = LocalList.objects.get(station__identity=identity)
    return held.state == LocalList.State.IN_STEP and (version is None or held.version == version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_local_list_is_kept_in_step_and_a_version_conflict_is_mended(version, bridge_url, network):
    spec = await sync_to_async(network.add)("LIST-1", version)
    first = await sync_to_async(network.card)("AAAA0001")
    async with LiveStation(bridge_url, spec) as station:
        row = await sync_to_async(network.station)("LIST-1")
        await sync_to_async(local_lists.turn_on)(station=row, actor=network.owner)
        await eventually(lambda: in_step("LIST-1"), "the list is there")
        assert [item["updateType"] for item in station.heard("SendLocalList")] == ["Full"]

        await sync_to_async(network.card)("AAAA0002")
        await station.until(lambda it: len(it.core.tokens) == 2)
        assert station.heard("SendLocalList")[-1]["updateType"] == "Differential"
        await eventually(lambda: in_step("LIST-1"), "the second card is there")

        station.core.tokens.version += 50  # somebody on site has changed it
        await sync_to_async(block_token)(token=first, actor=network.owner)
        await station.until(lambda it: len(it.core.tokens) == 1)
        kinds = [item["updateType"] for item in station.heard("SendLocalList")]
        assert kinds[-2:] == ["Differential", "Full"]
        await eventually(lambda: in_step("LIST-1", station.core.tokens.version), "both count alike")

        await station.act(lambda core, now: core.mischief.go_offline(now, 3))
        await station.until(lambda it: not it.is_connected)
        await station.plug_in(1, Vehicle(spec=CATALOG["Compact"], soc_percent=30))
        await station.tap("AAAA0002", 1)
        assert station.transaction(1) is not None
        await station.until(lambda it: it.is_connected)
        await station.until_settled()
    session = await sync_to_async(ChargingSession.objects.get)()
    assert session.review_reasons == []


# --- certificates ----------------------------------------------------------------------------


@pytest.fixture
def tls(settings, tmp_path):
    """The bridge with its TLS port: plain address, encrypted address, and the root of both."""
    ours = Maker.called("Nordlys")
    settings.BRIDGE_TLS_CERT, settings.BRIDGE_TLS_KEY = map(str, ours.server(tmp_path, "ec"))
    settings.BRIDGE_TLS_PORT = free_port()
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = ours.certificate, ours.key
    with uvicorn_door() as plain:
        yield (
            f"ws://127.0.0.1:{plain}/ocpp",
            f"wss://127.0.0.1:{settings.BRIDGE_TLS_PORT}/ocpp",
            ours.certificate,
        )


def profile_of(network: Network, identity: str) -> int:
    return network.station(identity).security_profile


def installed(count: int) -> list[StationCertificate] | None:
    """All certificates so far, once the newest is at work and there are so many."""
    found = list(StationCertificate.objects.order_by("pk"))
    return found if len(found) == count and found[-1].status == "installed" else None


def ask_up(network: Network, identity: str, url: str) -> None:
    """Ask the charger for profile 3, in the way of its version (1.6 whitepaper A05, 2.0.1 B09 and B10)."""
    row = network.station(identity)
    security.upgrade_profile(station=row, profile=3, actor=network.owner)
    if row.ocpp_version == "1.6":
        commands.request(station=row, kind=WriteVariable(variable="SecurityProfile", value="3"))
        return
    commands.request(station=row, kind=SetNetworkProfile(slot=1, url=url, security_profile=3))
    preferred = WriteVariable(variable="OCPPCommCtrlr.NetworkConfigurationPriority", value="1")
    commands.request(station=row, kind=preferred)
    commands.request(station=row, kind=Reset(is_hard=True))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_is_signed_and_used_and_renewed_and_revoked(version, tls, network):
    plain, encrypted, root = tls
    spec = await sync_to_async(network.add)("TLS-1", version, settings={"security_profile": 2})
    row = await sync_to_async(network.station)("TLS-1")
    await sync_to_async(row.__class__.objects.update)(security_profile=2)
    async with LiveStation(plain, spec, tls_url=encrypted, trust=root) as station:
        await sync_to_async(commands.request)(station=row, kind=Trigger(message="sign_certificate"))
        await eventually(lambda: installed(1), "the certificate is installed")
        await sync_to_async(ask_up)(network, "TLS-1", encrypted)
        await eventually(lambda: profile_of(network, "TLS-1") == 3, "it has come with its certificate")
        await station.until(lambda it: it.is_connected and it.core.link.is_open)

        await sync_to_async(commands.request)(station=row, kind=Trigger(message="sign_certificate"))
        first, second = await eventually(lambda: installed(2), "the new one is installed")
        assert first.status == "replaced"
        await station.until(lambda it: it.is_connected and it.core.link.is_open)
        assert not await sync_to_async(FailedHandshake.objects.exists)()

        await sync_to_async(certificates.revoke)(certificate=second, because="stolen", actor=network.owner)
        await station.until(lambda it: bool(it.refusals))
    failed = await sync_to_async(FailedHandshake.objects.get)()
    assert failed.reason == "revoked_certificate"
