"""An installer's link: made, sent, begun on one device, renewed, taken back. The steps are elsewhere.

Whoever holds the link is nobody to the rest of the site: every service here takes the link, and
touches nothing but its station.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services import note_action
from core import clock, links
from core.events import publish
from core.live import nudge
from stations.events import CommissioningLinkSent, StationAdopted
from stations.models import (
    ChargingStation,
    CommissioningLink,
    Evse,
    HeldStation,
    Location,
    StationTemplate,
)
from stations.services import onboarding, provisioning
from stations.services.secrets import hash_secret
from stations.services.security import derive_password

KIND: Final = "commissioning"
LASTS: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=30)
DEVICE_CHARS: Final = 200


class BrokenLink(ValueError):
    """Altered, incomplete, or of something that is gone."""


class ReplacedLink(ValueError):
    """The operator has renewed it: a newer one exists."""


class AnotherDevice(ValueError):
    """It has been begun on another device."""


class NotOpen(ValueError):
    """Revoked, expired or finished: nothing can be done through it."""


class StationGone(ValueError):
    """Turned away, or the station of another network has this identity."""


# --- the operator's side --------------------------------------------------------------------------


@transaction.atomic
def make_link(
    *,
    location: Location,
    station: ChargingStation | None = None,
    template: StationTemplate | None = None,
    email: str = "",
    lasts: timedelta = LASTS,
    actor: User | None = None,
) -> CommissioningLink:
    """A link for this station, or for one that is expected at the location; sent where `email` says."""
    now = clock.now()
    link = CommissioningLink.objects.create(
        organization_id=location.organization_id,
        location=location,
        station=station,
        template=template,
        email=email,
        made_by=actor,
        made_at=now,
        expires_at=now + min(lasts, LONGEST),
    )
    note(link, actor, "make")
    _send(link)
    return link


@transaction.atomic
def renew(
    *, link: CommissioningLink, lasts: timedelta = LASTS, actor: User | None = None
) -> CommissioningLink:
    """A new link in place of this one, for another device or another week. What was done through it stays.

    Raises NotOpen when it is finished.
    """
    with changing(link) as link:
        if link.finished_at is not None:
            raise NotOpen("finished")
        link.round += 1
        link.expires_at = clock.now() + min(lasts, LONGEST)
        link.claim_hash, link.claimed_at, link.device, link.revoked_at = "", None, "", None
    note(link, actor, "renew", round=link.round)
    _send(link)
    return link


@transaction.atomic
def revoke(*, link: CommissioningLink, actor: User | None = None) -> None:
    """Nothing can be done through it from now on."""
    with changing(link) as link:
        link.revoked_at = link.revoked_at or clock.now()
        link.password_nonce = ""
    note(link, actor, "revoke")


def address(link: CommissioningLink) -> str:
    """The link itself. Every one of the same round opens the same thing."""
    token = links.sign(KIND, f"{link.public_id}.{link.round}")
    return str(settings.PUBLIC_URL).rstrip("/") + reverse("commission:board", args=[token])


def _send(link: CommissioningLink) -> None:
    if link.email:
        publish(
            CommissioningLinkSent(
                link_id=link.pk,
                organization_id=link.organization_id,
                round=link.round,
                at=clock.now(),
            )
        )


# --- the installer's side -------------------------------------------------------------------------


def find(token: str) -> CommissioningLink:
    """The link that this token opens. Raises BrokenLink, ReplacedLink."""
    try:
        public_id, _, number = links.open_link(KIND, token, max_age=LONGEST).partition(".")
    except links.BadLink as error:
        raise BrokenLink(token) from error
    wanted = ("organization", "location", "station", "template", "made_by")
    link = CommissioningLink.objects.select_related(*wanted).filter(public_id=public_id).first()
    if link is None:
        raise BrokenLink(token)
    if str(link.round) != number:
        raise ReplacedLink(token)
    return link


@transaction.atomic
def begin(*, link: CommissioningLink, secret: str, device: str) -> None:
    """This device owns the link from now on. Twice is once. Raises AnotherDevice, NotOpen."""
    claim = hash_secret(secret)
    open_ones = CommissioningLink.objects.filter(pk=link.pk, claim_hash="", round=link.round)
    usable = open_ones.filter(revoked_at=None, finished_at=None, expires_at__gt=clock.now())
    told = device.replace("\0", "")[:DEVICE_CHARS]
    if usable.update(claim_hash=claim, claimed_at=clock.now(), device=told):
        note(link, None, "begin", device=told)
    link.refresh_from_db()
    if not link.can_act:
        raise NotOpen(link.status_word)
    demand_device(link, secret)


def demand_device(link: CommissioningLink, secret: str) -> None:
    """Raises AnotherDevice."""
    if not link.claim_hash or not secrets.compare_digest(link.claim_hash, hash_secret(secret)):
        raise AnotherDevice(str(link.public_id))


@transaction.atomic
def name_station(*, link: CommissioningLink, identity: str) -> ChargingStation:
    """The expected charger is this one: made at the link's place, or adopted where it waits already.

    Said twice, it is the same. Raises NotOpen, StationGone, provisioning.IdentityTaken.
    """
    with changing(link) as link:
        demand_open(link)
        if link.station is not None:
            if link.station.identity != identity:
                raise provisioning.IdentityTaken(identity)
            return link.station
        link.station = _waiting(link, identity) or _made(link, identity)
    note(link, None, "name_station", identity=identity)
    return link.station


def _waiting(link: CommissioningLink, identity: str) -> ChargingStation | None:
    """One that came by itself with the onboarding password, and waits for somebody to adopt it."""
    found = ChargingStation.objects.filter(organization=link.organization, identity=identity)
    station = found.filter(held__state=HeldStation.State.WAITING).select_related("organization").first()
    if station is None:
        return None
    onboarding.adopt(station=station, location=link.location, template=link.template, actor=link.made_by)
    return station


def _made(link: CommissioningLink, identity: str) -> ChargingStation:
    station, _ = provisioning.create_station(
        location=link.location, identity=identity, evses=(), actor=link.made_by
    )
    if link.template is not None:
        onboarding.fill_in(station=station, template=link.template)
    grid = link.location.circuits.filter(parent=None).first()
    Evse.objects.filter(station=station, circuit=None).update(circuit=grid)
    publish(
        StationAdopted(
            station_id=station.pk,
            organization_id=station.organization_id,
            at=clock.now(),
            tariff_id=link.template.tariff_id if link.template else None,
        )
    )
    link.password_nonce = secrets.token_hex(8)
    _set_password(link, station)
    return station


@transaction.atomic
def give_password(*, link: CommissioningLink, after: str = "") -> None:
    """A password for the installer to type in; the charger's old one ends with its next connection.

    `after` is the nonce that the form has seen: a form that is sent twice makes one password.
    Raises NotOpen.
    """
    with changing(link) as link:
        demand_open(link)
        if link.station is None or link.password_nonce != after:
            return
        link.password_nonce = secrets.token_hex(8)
        _set_password(link, link.station)
    note(link, None, "give_password")


def _set_password(link: CommissioningLink, station: ChargingStation) -> None:
    derived = derive_password(station_id=station.pk, nonce=link.password_nonce)
    ChargingStation.objects.filter(pk=station.pk).update(
        secret_hash=hash_secret(derived), next_secret_hash=""
    )


def password_of(link: CommissioningLink) -> str:
    """What the installer has to type in; empty where the charger's password is another (or none was made)."""
    if link.station is None or not link.password_nonce:
        return ""
    derived = derive_password(station_id=link.station.pk, nonce=link.password_nonce)
    return derived if link.station.secret_hash == hash_secret(derived) else ""


# --- shared ----------------------------------------------------------------------------------------


def demand_open(link: CommissioningLink) -> None:
    """Raises NotOpen."""
    if not link.can_act:
        raise NotOpen(link.status_word)


@contextmanager
def changing(link: CommissioningLink) -> Iterator[CommissioningLink]:
    """The link as it is now, locked; what the block changes is saved. Within a transaction."""
    wanted = ("organization", "location", "template", "made_by", "station")
    locked = CommissioningLink.objects.select_related(*wanted).select_for_update(of=("self",))
    now = locked.get(pk=link.pk)
    yield now
    now.save()
    link.refresh_from_db()


def note(link: CommissioningLink, actor: User | None, act: str, **changes: Any) -> None:
    """Write who did what (nobody: the installer), and tell the pages that look at it."""
    note_action(
        actor=actor,
        organization=link.organization,
        action=f"commissioning.{act}",
        subject=f"station.{link.station_id}" if link.station_id else f"location.{link.location_id}",
        changes={"link": str(link.public_id), **changes},
    )
    topics = [f"commissioning.{link.pk}", f"org.{link.organization_id}"]
    nudge(*topics, *([f"station.{link.station_id}"] if link.station_id else []))
