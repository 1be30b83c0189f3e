"""Firmware goes out and logs come in by links that work once, for one station, for a while."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from accounts.models import AuditEntry
from core import clock
from stations.command_kinds import UpdateFirmware, UploadLog
from stations.models import ChargingStation, FileLink, StationCommand, StoredFile
from stations.services import asking, commands, file_store, files, upkeep
from stations.services.signatures import BadSignature
from stations.views import transfers
from tests.factories import NOON, MembershipFactory, StationFactory

IMAGE = b"an image of some length " * 40_000


@pytest.fixture(autouse=True)
def _disk(settings, tmp_path) -> None:
    settings.FILES_ROOT = str(tmp_path)
    settings.FILES_URL = "https://files.example"


@pytest.fixture
def member(station):
    return MembershipFactory(organization=station.organization).user


@pytest.fixture
def image(station, member) -> StoredFile:
    return files.keep_firmware(
        organization=station.organization,
        name="C:\\fw\\image 2.bin",
        chunks=[IMAGE[:1000], IMAGE[1000:]],
        version="2.0",
        actor=member,
    )


def path_of(url: str) -> str:
    return urlsplit(url).path


def body_of(response) -> bytes:
    return b"".join(response)


def on_disk() -> list[str]:
    return sorted(path.name for path in file_store.root().rglob("*") if path.is_file())


# --- firmware --------------------------------------------------------------------------------


def test_an_image_is_kept_whole_with_its_hash_and_an_audit_row(image, member):
    assert file_store.path_of(image.stored_as).read_bytes() == IMAGE
    assert (image.name, image.size_bytes) == ("image 2.bin", len(IMAGE))
    assert image.sha256 == hashlib.sha256(IMAGE).hexdigest()
    entry = AuditEntry.objects.get(action="file.keep_firmware")
    assert (entry.actor, entry.changes["sha256"]) == (member, image.sha256)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a\0b\n", "", "/"])
def test_a_files_name_never_leads_anywhere(station, name):
    kept = files.keep_firmware(organization=station.organization, name=name, chunks=[b"x"], version="1")
    assert file_store.path_of(kept.stored_as).parent.parent == file_store.root()
    assert not set(kept.name) & set("/\\\0\n")


def test_an_image_with_another_hash_is_refused_and_not_kept(station):
    with pytest.raises(files.WrongHash):
        files.keep_firmware(
            organization=station.organization, name="x", chunks=[b"x"], version="1", sha256="0" * 64
        )
    assert on_disk() == []


def test_an_image_that_is_too_large_or_empty_leaves_nothing_on_disk(station, settings):
    settings.FIRMWARE_MAX_BYTES = 10
    for chunks, refusal in (([b"x" * 8, b"y" * 8], file_store.TooLarge), ([], file_store.Empty)):
        with pytest.raises(refusal):
            files.keep_firmware(organization=station.organization, name="x", chunks=chunks, version="1")
    assert on_disk() == []
    assert not StoredFile.objects.exists()


def certificate(key) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A maker")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(NOON).not_valid_after(NOON + timedelta(days=9))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def signed(how: str) -> tuple[str, str]:
    """Signature (Base64) and certificate (PEM) of IMAGE."""
    if how == "ecdsa":
        curve = ec.generate_private_key(ec.SECP256R1())
        signature = curve.sign(IMAGE, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode(), certificate(curve)
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    signature = key.sign(IMAGE, pss if how == "pss" else padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode(), certificate(key)


@pytest.mark.parametrize("how", ["ecdsa", "pss", "pkcs1"])
def test_a_makers_signature_is_checked(station, how):
    signature, pem = signed(how)
    given = {"name": "x", "version": "1", "signature": signature, "certificate": pem}
    assert files.keep_firmware(organization=station.organization, chunks=[IMAGE], **given).is_signed
    with pytest.raises(BadSignature):
        files.keep_firmware(organization=station.organization, chunks=[IMAGE + b"!"], **given)


@pytest.mark.parametrize(("signature", "pem"), [("AAAA", "no certificate"), ("not base64!", None)])
def test_a_signature_or_certificate_that_cannot_be_read_is_told(station, signature, pem):
    with pytest.raises(BadSignature):
        files.keep_firmware(
            organization=station.organization, name="x", chunks=[IMAGE], version="1",
            signature=signature, certificate=pem or signed("ecdsa")[1],
        )  # fmt: skip


# --- fetching --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_station_fetches_an_image_once(client, image, station):
    link, url = files.offer(file=image, station=station)
    assert url.startswith("https://files.example/files/out/")
    assert url.endswith("/image_2.bin")
    response = client.get(path_of(url))
    assert body_of(response) == IMAGE
    assert response["Content-Length"] == str(len(IMAGE))
    link.refresh_from_db()
    assert link.used_at is not None
    assert client.get(path_of(url)).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("taken", "is_spent"), [(len(IMAGE), True), (file_store.CHUNK_BYTES, False)])
async def test_a_station_that_hangs_up_has_fetched_what_it_took(image, station, taken, is_spent):
    link, _ = await sync_to_async(files.offer)(file=image, station=station)
    response = transfers.sent(image, transfers.Span(0, image.size_bytes), link_id=link.pk)
    body = aiter(response)
    while taken > 0:
        taken -= len(await anext(body))
    await sync_to_async(response.close)()
    await link.arefresh_from_db()
    assert (link.used_at is not None) is is_spent


@pytest.mark.django_db(transaction=True)
def test_a_station_may_look_first_and_resume_where_the_line_broke(client, image, station):
    link, url = files.offer(file=image, station=station)
    assert client.head(path_of(url)).status_code == 200
    first = client.get(path_of(url), headers={"range": "bytes=0-9999"})
    assert (first.status_code, first["Content-Range"]) == (206, f"bytes 0-9999/{len(IMAGE)}")
    part = body_of(first)
    link.refresh_from_db()
    assert link.used_at is None
    rest = client.get(path_of(url), headers={"range": "bytes=10000-"})
    assert part + body_of(rest) == IMAGE
    link.refresh_from_db()
    assert link.used_at is not None


def test_a_part_beyond_the_end_is_refused(client, image, station):
    _, url = files.offer(file=image, station=station)
    response = client.get(path_of(url), headers={"range": f"bytes={len(IMAGE)}-"})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(IMAGE)}")


def test_a_link_ends(client, image, station):
    _, url = files.offer(file=image, station=station, lasts=timedelta(hours=1))
    with clock.at(clock.now() + timedelta(hours=2)):
        assert client.get(path_of(url)).status_code == 404


def test_a_link_that_was_altered_opens_nothing(client, image, station):
    fetching = path_of(files.offer(file=image, station=station)[1])
    handing_in = path_of(files.await_file(station=station)[1])
    assert client.get(fetching.replace("/out/", "/out/x")).status_code == 404
    assert client.get(handing_in.replace("/in/", "/out/")).status_code == 404
    assert client.put(fetching.replace("/out/", "/in/"), b"log").status_code == 404
    assert client.post(fetching).status_code == 405


# --- handing in ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_station_hands_in_its_logs_once(client, station, method):
    link, url = files.await_file(station=station)
    send = getattr(client, method)
    address = path_of(url) + "diag-1.tgz"  # a location is a folder to some stations
    assert send(address, b"what happened", content_type="application/octet-stream").status_code == 201
    file = StoredFile.objects.get()
    assert (file.name, file.kind, file.station) == ("diag-1.tgz", "logs", station)
    assert file_store.path_of(file.stored_as).read_bytes() == b"what happened"
    link.refresh_from_db()
    assert (link.file, link.used_at is not None) == (file, True)
    assert send(address, b"again", content_type="application/octet-stream").status_code == 404
    assert AuditEntry.objects.filter(action="file.keep_logs").count() == 1


def test_a_station_may_hand_in_a_form(client, station, tmp_path):
    log = tmp_path / "diag.zip"
    log.write_bytes(b"zipped")
    _, url = files.await_file(station=station)
    with log.open("rb") as opened:
        assert client.post(path_of(url), {"file": opened}).status_code == 201
    assert StoredFile.objects.get().name == "diag.zip"


def test_what_is_too_much_or_nothing_spends_no_link(client, station, settings):
    settings.LOGS_MAX_BYTES = 10
    _, url = files.await_file(station=station)
    assert client.put(path_of(url), b"x" * 11).status_code == 413
    assert client.put(path_of(url), b"").status_code == 400
    assert client.put(path_of(url), b"just ten b").status_code == 201
    assert len(on_disk()) == 1


# --- with commands ---------------------------------------------------------------------------


def test_installing_makes_a_link_and_a_command_that_names_it(image, station, member):
    command = upkeep.install_firmware(file=image, station=station, actor=member)
    link = FileLink.objects.get()
    assert (command.kind, command.requested_by, link.command) == ("update_firmware", member, command)
    token = command.params["url"].split("/")[-2]
    assert files.open_link(token, FileLink.Purpose.FETCH) == link


def test_an_image_is_never_offered_to_another_networks_station(image):
    with pytest.raises(upkeep.WrongOrganization):
        upkeep.install_firmware(file=image, station=StationFactory())
    assert not StationCommand.objects.exists()


def test_logs_are_asked_in_the_older_way_once_the_newer_is_unknown(station):
    first = upkeep.collect_logs(station=station, since=timedelta(hours=6))
    assert (first.params["is_plain"], first.params["from_at"]) == (False, "2026-11-20T08:00:00+00:00")
    commands.claim_next(station_id=station.pk, connection_no=0)
    commands.record_answer(command_id=first.pk, outcome="failed", word="NotImplemented")
    assert upkeep.collect_logs(station=station).params["is_plain"] is True


def ask(station, kind) -> StationCommand:
    ChargingStation.objects.filter(pk=station.pk).update(ocpp_version="1.6")
    station.refresh_from_db()
    return asking.ask(station=station, kind=kind, requested_by=None)


def test_one_command_for_many_stations_gets_a_link_of_each_stations_own(image, station):
    other = StationFactory(location=station.location)
    kind = UpdateFirmware(url=f"file:{image.file_id}", retrieve_at="2026-11-21T00:00:00Z")
    addresses = {ask(one, kind).params["url"] for one in (station, other)}
    assert len(addresses) == 2
    assert {link.station for link in FileLink.objects.all()} == {station, other}
    assert ask(station, UploadLog(url="file:")).file_links.get().purpose == "hand_in"


@pytest.mark.parametrize("named", ["nonsense", "00000000-0000-4000-8000-000000000000", None])
def test_a_file_that_the_network_does_not_have_cannot_be_asked_for(image, named):
    with pytest.raises(asking.CannotBeAsked):
        ask(StationFactory(), UpdateFirmware(url=f"file:{named or image.file_id}"))
    assert not StationCommand.objects.exists()


# --- keeping order ---------------------------------------------------------------------------


def test_a_file_that_a_station_may_still_fetch_stays(image, station, django_capture_on_commit_callbacks):
    link, _ = files.offer(file=image, station=station)
    with pytest.raises(files.FileInUse):
        files.discard(file=image)
    files.finish_fetch(link.pk)
    with django_capture_on_commit_callbacks(execute=True):
        files.discard(file=image)
    assert on_disk() == []
    assert AuditEntry.objects.filter(action="file.discard").exists()


def test_old_logs_and_files_without_a_row_are_let_go(station, image, settings):
    link, _ = files.await_file(station=station)
    files.receive(link=link, name="old.log", chunks=[b"x"])
    file_store.write("logs", [b"nobody knows me"], limit_bytes=100)
    later = clock.now() + timedelta(days=settings.LOGS_KEPT_DAYS + 1)
    with clock.at(max(later, NOON + timedelta(days=4000))):
        assert files.forget_old() == 2
    assert on_disk() == [image.stored_as.rpartition("/")[2]]


# --- for operators ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_members_see_and_save_their_own_files_and_nobody_elses(client, image, member):
    client.force_login(member)
    assert b"image 2.bin" in client.get("/operate/files/").content
    saved = client.get(f"/operate/files/{image.file_id}/download/")
    assert (body_of(saved), saved["Content-Disposition"]) == (IMAGE, 'attachment; filename="image 2.bin"')
    client.force_login(MembershipFactory().user)
    assert b"image 2.bin" not in client.get("/operate/files/").content
    for page in ("", "download/"):
        assert client.get(f"/operate/files/{image.file_id}/{page}").status_code == 404


def upload(client, tmp_path, **given):
    path = tmp_path / "new.bin"
    path.write_bytes(b"new image")
    with path.open("rb") as opened:
        return client.post("/operate/files/upload/", {"image": opened, "version": "3", **given})


def test_an_operator_uploads_an_image(client, member, tmp_path):
    client.force_login(member)
    assert upload(client, tmp_path, vendor="Wallwerk").status_code == 302
    assert StoredFile.objects.get().vendor == "Wallwerk"


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"sha256": "12"}, {"signature": "AAAA"}])
def test_an_upload_that_does_not_fit_comes_back(client, member, tmp_path, wrong):
    client.force_login(member)
    assert upload(client, tmp_path, **wrong).status_code == 422
    assert not StoredFile.objects.exists()


def test_a_viewer_uploads_installs_and_removes_nothing(client, station, image, tmp_path):
    client.force_login(MembershipFactory(organization=station.organization, role="viewer").user)
    assert upload(client, tmp_path).status_code == 403
    for act in ("install", "discard"):
        answer = client.post(f"/operate/files/{image.file_id}/{act}/", {"identity": station.identity})
        assert answer.status_code == 403
    assert client.post(f"/operate/chargers/{station.identity}/logs/").status_code == 403


def test_an_operator_installs_an_image_and_asks_for_logs(client, member, station, image):
    client.force_login(member)
    client.post(f"/operate/files/{image.file_id}/install/", {"identity": station.identity})
    client.post(f"/operate/chargers/{station.identity}/logs/", {"log": "security"})
    kinds = StationCommand.objects.order_by("pk").values_list("kind", "requested_by")
    assert list(kinds) == [("update_firmware", member.pk), ("upload_log", member.pk)]
