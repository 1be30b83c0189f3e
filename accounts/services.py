"""What can be done to people, organizations, tokens and vehicles.

Callers have checked permission (`accounts.permissions`); acts of operators leave an AuditEntry.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from accounts import selectors
from accounts.events import MemberInvited, TokenBlocked, TokenChanged
from accounts.models import AuditEntry, IdToken, Membership, Organization, User, Vehicle
from core import clock
from core.dotted import resolve_all
from core.events import publish

APP_UID_BYTES = 10


class AlreadyThere(ValueError):
    """The person, token or organization exists already."""


class LastOwner(ValueError):
    """An organization must keep at least one owner."""


def note_action(
    *,
    actor: User | None,
    organization: Organization | None,
    action: str,
    subject: str,
    changes: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write who did what ("station.reset", "station.12"). `changes` is plain JSON."""
    return AuditEntry.objects.create(
        actor=actor, organization=organization, action=action, subject=subject, changes=changes or {}
    )


# --- people --------------------------------------------------------------------------------


@transaction.atomic
def sign_up(*, email: str, password: str | None, name: str = "", locale: str = "en") -> User:
    """A new person with an app token. Raises AlreadyThere."""
    if selectors.user_by_email(email):
        raise AlreadyThere(email)
    user = User.objects.create_user(email, password, name=name, locale=locale)
    welcome_driver(user=user)
    return user


def welcome_driver(*, user: User) -> IdToken:
    """Make sure that the person has the token that app starts use."""
    return selectors.app_token_of(user) or issue_token(
        uid=secrets.token_hex(APP_UID_BYTES).upper(), type=IdToken.Type.APP, user=user, label="App"
    )


@transaction.atomic
def erase_person(*, user: User, actor: User | None = None) -> None:
    """Forget the person, keep what the books need. Each app erases its own (PERSON_ERASERS)."""
    for erase in resolve_all(getattr(settings, "PERSON_ERASERS", ())):
        erase(user_id=user.pk)
    nobody = Concat(Value("erased-"), Cast("pk", CharField()))
    IdToken.objects.filter(user=user).update(
        uid=nobody, status=IdToken.Status.BLOCKED, label="", group_uid="", user=None
    )
    Vehicle.objects.filter(user=user).delete()
    Membership.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(
        email=f"erased-{user.pk}@invalid",
        name="",
        password=make_password(None),
        is_active=False,
        erased_at=clock.now(),
    )
    note_action(actor=actor, organization=None, action="person.erase", subject=f"user.{user.pk}")


# --- organizations and members -------------------------------------------------------------


@transaction.atomic
def create_organization(
    *,
    name: str,
    slug: str,
    country_code: str,
    party_id: str,
    owner: User,
    currency: str = "EUR",
    time_zone: str = "UTC",
) -> Organization:
    """A new charging network with its first owner. Raises AlreadyThere."""
    try:
        with transaction.atomic():
            organization = Organization.objects.create(
                name=name,
                slug=slug,
                country_code=country_code.upper(),
                party_id=party_id.upper(),
                currency=currency.upper(),
                time_zone=time_zone,
            )
    except IntegrityError as error:
        raise AlreadyThere(slug) from error
    Membership.objects.create(user=owner, organization=organization, role=Membership.Role.OWNER)
    _note_member(owner, organization, "organization.create", owner, Membership.Role.OWNER)
    return organization


@transaction.atomic
def add_member(*, organization: Organization, user: User, role: str, actor: User | None = None) -> Membership:
    """Give a person a role, or change it. Raises LastOwner."""
    if role != Membership.Role.OWNER:
        _keep_an_owner(organization, without=user)
    membership, _created = Membership.objects.update_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    _note_member(actor, organization, "member.set", user, role)
    return membership


@transaction.atomic
def invite_member(*, organization: Organization, email: str, role: str, actor: User) -> Membership:
    """Add a person by address, signing them up first if need be; they hear by e-mail."""
    user = selectors.user_by_email(email) or sign_up(email=email, password=None)
    membership = add_member(organization=organization, user=user, role=role, actor=actor)
    publish(MemberInvited(user_id=user.pk, organization_id=organization.pk, invited_by_id=actor.pk))
    return membership


@transaction.atomic
def remove_member(*, organization: Organization, user: User, actor: User | None = None) -> bool:
    """Take a person's role away; False when there was none. Raises LastOwner."""
    _keep_an_owner(organization, without=user)
    removed, _ = Membership.objects.filter(organization=organization, user=user).delete()
    _note_member(actor, organization, "member.remove", user, "")
    return bool(removed)


def _keep_an_owner(organization: Organization, *, without: User) -> None:
    Organization.objects.select_for_update().get(pk=organization.pk)
    owners = Membership.objects.filter(organization=organization, role=Membership.Role.OWNER)
    if owners.filter(user=without).exists() and not owners.exclude(user=without).exists():
        raise LastOwner(f"{organization} must keep an owner.")


def _note_member(actor: User | None, organization: Organization, action: str, user: User, role: str) -> None:
    subject = f"user.{user.pk}"
    note_action(
        actor=actor, organization=organization, action=action, subject=subject, changes={"role": str(role)}
    )


# --- tokens --------------------------------------------------------------------------------


@transaction.atomic
def issue_token(
    *,
    uid: str,
    type: str = IdToken.Type.RFID,
    user: User | None = None,
    organization: Organization | None = None,
    label: str = "",
    group_uid: str = "",
    valid_until: datetime | None = None,
    allows_concurrent: bool = False,
    actor: User | None = None,
) -> IdToken:
    """Accept a token. One that only an unknown reader has reported is taken over. Raises AlreadyThere."""
    fields = {
        "user": user,
        "organization": organization,
        "label": label,
        "group_uid": group_uid.upper(),
        "valid_until": valid_until,
        "allows_concurrent": allows_concurrent,
        "status": IdToken.Status.ACCEPTED,
    }
    token = _stranger(uid, type) or IdToken(uid=uid, type=type)
    for key, value in fields.items():
        setattr(token, key, value)
    _save_token(token)
    publish(TokenChanged(token_id=token.pk))
    note_action(actor=actor, organization=organization, action="token.issue", subject=f"token.{token.pk}")
    return token


def _save_token(token: IdToken) -> None:
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError as error:
        raise AlreadyThere(token.uid) from error


def _stranger(uid: str, type: str) -> IdToken | None:
    """A row that a station's report made: nobody's, and not accepted."""
    return (
        IdToken.objects.select_for_update()
        .filter(uid__iexact=uid, type=type, user=None, organization=None)
        .exclude(status=IdToken.Status.ACCEPTED)
        .first()
    )


@transaction.atomic
def block_token(*, token: IdToken, actor: User | None = None) -> bool:
    """The token may not charge from now on; False when it was blocked already."""
    changed = IdToken.objects.filter(pk=token.pk).exclude(status=IdToken.Status.BLOCKED)
    if not changed.update(status=IdToken.Status.BLOCKED):
        return False
    publish(TokenBlocked(token_id=token.pk))
    _note_token(token, actor, "token.block")
    return True


@transaction.atomic
def unblock_token(*, token: IdToken, actor: User | None = None) -> bool:
    """The token may charge again; False when it was accepted already."""
    changed = IdToken.objects.filter(pk=token.pk).exclude(status=IdToken.Status.ACCEPTED)
    if not changed.update(status=IdToken.Status.ACCEPTED):
        return False
    publish(TokenChanged(token_id=token.pk))
    _note_token(token, actor, "token.unblock")
    return True


def _note_token(token: IdToken, actor: User | None, action: str) -> None:
    subject = f"token.{token.pk}"
    note_action(actor=actor, organization=token.organization, action=action, subject=subject)


# --- vehicles ------------------------------------------------------------------------------


@transaction.atomic
def add_vehicle(
    *,
    user: User,
    name: str,
    battery_wh: int | None = None,
    max_ac_w: int | None = None,
    max_dc_w: int | None = None,
    connector_standards: list[str] | None = None,
) -> Vehicle:
    """A car of this person; the first one becomes the default."""
    User.objects.select_for_update().get(pk=user.pk)
    return Vehicle.objects.create(
        user=user,
        name=name,
        battery_wh=battery_wh,
        max_ac_w=max_ac_w,
        max_dc_w=max_dc_w,
        connector_standards=connector_standards or [],
        is_default=not Vehicle.objects.filter(user=user).exists(),
    )


@transaction.atomic
def use_vehicle(*, vehicle: Vehicle) -> None:
    """This car from now on; the person's others stay in the list."""
    cars = Vehicle.objects.filter(user=vehicle.user)
    cars.filter(is_default=True).update(is_default=False)
    cars.filter(pk=vehicle.pk).update(is_default=True)


@transaction.atomic
def remove_vehicle(*, vehicle: Vehicle) -> None:
    """Forget a car; the next one becomes the default."""
    Vehicle.objects.filter(pk=vehicle.pk).delete()
    heir = selectors.vehicles_of(vehicle.user).first()
    if heir and vehicle.is_default:
        use_vehicle(vehicle=heir)


def change_profile(*, user: User, name: str) -> None:
    User.objects.filter(pk=user.pk).update(name=name)


def change_language(*, user: User, locale: str) -> None:
    """The language in which this person is written to: a code of LANGUAGES."""
    User.objects.filter(pk=user.pk).update(locale=locale)
