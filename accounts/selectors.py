"""Reads about people, organizations and tokens."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from accounts.models import ApiToken, AuditEntry, IdToken, Membership, Organization, User, Vehicle


def user_by_email(email: str) -> User | None:
    """The person with this address, ignoring case."""
    return User.objects.filter(email__iexact=email.strip()).first()


def role_of(user: User, organization: Organization) -> str | None:
    """The person's role in the organization, or None."""
    roles = Membership.objects.filter(user=user, organization=organization)
    return roles.values_list("role", flat=True).first()


def organizations_of(user: User) -> QuerySet[Organization]:
    return user.organizations().order_by("name")


def memberships_of(user: User) -> QuerySet[Membership]:
    """What she may act for now, and as what."""
    mine = Membership.objects.filter(user=user, organization__in=user.organizations())
    return mine.select_related("organization").order_by("organization__name")


def members_of(organization: Organization) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=organization).select_related("user").order_by("user__email")


def token_by_uid(uid: str) -> IdToken | None:
    """A token by what is printed or sent, ignoring case; a usable one first."""
    found = IdToken.objects.annotate(upper_uid=Upper("uid")).filter(
        type__in=IdToken.Type.values, upper_uid=uid.strip().upper()
    )
    return min(found, key=lambda token: token.status != IdToken.Status.ACCEPTED, default=None)


def tokens_of(user: User) -> QuerySet[IdToken]:
    return IdToken.objects.filter(user=user).order_by("type", "label", "pk")


def app_token_of(user: User) -> IdToken | None:
    """The token that stands for the person when she starts from the app."""
    return IdToken.objects.filter(user=user, type=IdToken.Type.APP).order_by("pk").first()


def vehicles_of(user: User) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(user=user).order_by("-is_default", "name")


def audit_of(organization: Organization) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(organization=organization).select_related("actor").order_by("-at")


def own_rows(field: str, user: User) -> Q:
    """The condition "hers as a person"; a token of an organization has no such rows."""
    return Q(**{field: user}) if user.acting_for is None else Q(pk__in=[])


def api_tokens_of(user: User, organization: Organization, *, with_all: bool = False) -> QuerySet[ApiToken]:
    """Her tokens of this organization, the latest first; everybody's with `with_all`."""
    found = ApiToken.objects.filter(organization=organization).select_related("user")
    return found if with_all else found.filter(user=user)
