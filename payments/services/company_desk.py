"""What an operator does to companies' accounts; each act leaves an audit entry under the company."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import note_action
from payments.models import CompanyAccount, CompanyMember, IssuerDetails
from payments.services.belonging import NameTaken, who_is


class MemberElsewhere(ValueError):
    """The person or token is on a company's account already."""


@transaction.atomic
def open_account(*, actor: User, organization: Organization, **fields: Any) -> CompanyAccount:
    """A new company. Raises NameTaken."""
    try:
        with transaction.atomic():
            company = CompanyAccount.objects.create(organization=organization, **fields)
    except IntegrityError as error:
        raise NameTaken(fields["name"]) from error
    _note(actor, company, "company.create", {"name": company.name})
    return company


@transaction.atomic
def change_account(*, actor: User, company: CompanyAccount, **fields: Any) -> CompanyAccount:
    """Issued invoices keep what they say. Raises NameTaken."""
    now = CompanyAccount.objects.select_for_update().get(pk=company.pk)
    before = {name: getattr(now, name) for name, value in fields.items() if getattr(now, name) != value}
    if not before:
        return now
    try:
        with transaction.atomic():
            CompanyAccount.objects.filter(pk=now.pk).update(**fields)
    except IntegrityError as error:
        raise NameTaken(fields["name"]) from error
    after = {name: fields[name] for name in before}
    _note(actor, now, "company.change", {"before": before, "after": after})
    now.refresh_from_db()
    return now


@transaction.atomic
def add_member(*, actor: User, company: CompanyAccount, who: str, cost_center: str = "") -> CompanyMember:
    """A driver by e-mail address, or a token of the organization by number.

    Raises NobodyFound, MemberElsewhere.
    """
    member_is = who_is(organization=company.organization, named=who)
    try:
        with transaction.atomic():
            member = CompanyMember.objects.create(
                organization=company.organization,
                company=company,
                **member_is,
                cost_center=cost_center,
            )
    except IntegrityError as error:
        raise MemberElsewhere(who) from error
    _note(actor, company, "company.member_add", {"member": member.pk, "cost_center": cost_center})
    return member


@transaction.atomic
def remove_member(*, actor: User, member: CompanyMember) -> None:
    """Running charges stay on the account: that was decided when they started."""
    _note(actor, member.company, "company.member_remove", {"member": member.pk})
    member.delete()


@transaction.atomic
def set_issuer(*, actor: User, organization: Organization, **fields: Any) -> IssuerDetails:
    """What documents say of the organization from now on."""
    issuer, _ = IssuerDetails.objects.update_or_create(organization=organization, defaults=fields)
    note_action(
        actor=actor,
        organization=organization,
        action="issuer.change",
        subject=f"organization.{organization.pk}",
        changes=fields,
    )
    return issuer


def _note(actor: User, company: CompanyAccount, action: str, changes: dict[str, Any]) -> None:
    note_action(
        actor=actor,
        organization=company.organization,
        action=action,
        subject=f"company.{company.pk}",
        changes=changes,
    )
