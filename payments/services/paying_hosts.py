"""Pay site hosts what the books say they are owed: by transfers, written down before they are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.links import sign
from core.live import nudge
from payments.models import HostPayout, HostStatement, ProviderOperation, SiteHost
from payments.providers import provider
from payments.providers.base import OutcomeUnknown, Refused, Transfer, TransferRequest
from payments.selectors.hosts import owed_to_host
from payments.services import ledger, operations
from payments.services.hosting import subject_of
from payments.services.operations import State, begin, mark, perform
from payments.services.taking_back import resume_reversal

Status = HostPayout.Status
LINK: Final = "host"


class NothingDue(ValueError):
    """The books owe this host nothing, or they are being paid at this moment."""


class NotPayable(ValueError):
    """The host has not yet said where their money goes."""


# --- setting up ------------------------------------------------------------------------------


def setup_address(*, host: SiteHost) -> str:
    """Where the host says who they are, at the provider. Raises ProviderError."""
    page = host_page(host)
    ref = _ensure_payee(host)
    return provider().setup_url(ref, return_url=f"{page}?back=1", again_url=page)


def host_page(host: SiteHost) -> str:
    """The host's own page: whoever has this link sees the statements, and nothing else."""
    return _address("payments:host_page", host)


def statement_address(statement: HostStatement) -> str:
    """A statement as PDF, by the same link."""
    return _address("payments:host_statement_pdf", statement.host, statement.public_id)


def _address(name: str, host: SiteHost, *more: UUID) -> str:
    path = reverse(name, args=[sign(LINK, str(host.public_id)), *more])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def look_at_payee(*, host: SiteHost) -> SiteHost:
    """Ask the provider whether money can be sent. Raises OutcomeUnknown."""
    if host.provider_ref:
        host.is_payable = provider().get_payee(host.provider_ref).is_payable
        host.save(update_fields=["is_payable"])
        nudge(f"org.{host.organization_id}")
    return host


def _ensure_payee(host: SiteHost) -> str:
    """The host's account at the provider; after a lost answer the next call looks before it makes another."""
    with transaction.atomic(durable=True):
        host = SiteHost.objects.select_for_update().get(pk=host.pk)
        if host.provider_ref:
            return host.provider_ref
        first = host.operations.filter(kind=operations.PAYEE).order_by("pk").first()
        operation = begin(kind=operations.PAYEE, host=host)
    reference, country = str(host.public_id), host.organization.country_code
    known = provider().find_payee(reference=reference, since=first.created_at) if first else None
    payee = known or perform(
        operation,
        lambda key: provider().create_payee(key=key, email=host.email, country=country, reference=reference),
    )
    with transaction.atomic(durable=True):
        SiteHost.objects.filter(pk=host.pk, provider_ref="").update(
            provider_ref=payee.ref, is_payable=payee.is_payable
        )
        mark(operation, State.DONE, response={"ref": payee.ref})
    return payee.ref


# --- paying out ------------------------------------------------------------------------------


def pay_host(*, host: SiteHost, actor: User | None = None) -> HostPayout:
    """Send all that the host is owed. After a lost answer the payout stays on its way; the sweep looks.

    Raises NothingDue, NotPayable.
    """
    payout, operation = _begin(host, actor)
    try:
        made = perform(operation, lambda key: provider().transfer(_request(payout), key=key))
    except OutcomeUnknown:
        return payout
    except Refused as refusal:
        return _close(payout, operation, code=refusal.code or "refused")
    return _settle(payout, operation, made)


@transaction.atomic(durable=True)
def _begin(host: SiteHost, actor: User | None) -> tuple[HostPayout, ProviderOperation]:
    host = SiteHost.objects.select_for_update().get(pk=host.pk)
    if not host.is_payable:
        raise NotPayable(host.name)
    currency = host.organization.currency
    if host.payouts.filter(status=Status.CREATED).exists():
        raise NothingDue(host.name)
    due_minor = owed_to_host(host, currency)  # not before that look: what was on its way may be booked now
    if due_minor <= 0:
        raise NothingDue(host.name)
    payout = HostPayout.objects.create(
        organization=host.organization, host=host, amount_minor=due_minor, currency=currency
    )
    note_action(
        actor=actor,
        organization=host.organization,
        action="host.pay",
        subject=subject_of(host),
        changes={"amount_minor": due_minor, "currency": currency},
    )
    return payout, begin(kind=operations.TRANSFER, payout=payout)


def _request(payout: HostPayout) -> TransferRequest:
    return TransferRequest(
        reference=str(payout.public_id),
        payee_ref=payout.host.provider_ref,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        description=f"{payout.organization.name}: {payout.host.name}",
    )


@transaction.atomic(durable=True)
def _settle(payout: HostPayout, operation: ProviderOperation, made: Transfer) -> HostPayout:
    payout = HostPayout.objects.select_for_update().get(pk=payout.pk)
    if payout.status != Status.PAID:
        payout.provider_ref, payout.status, payout.closed_at = made.ref, Status.PAID, clock.now()
        payout.save()
        ledger.post_payout(payout=payout, provider=provider().name)
    mark(operation, State.DONE, response={"ref": made.ref})
    nudge(f"org.{payout.organization_id}")
    return payout


@transaction.atomic
def _close(payout: HostPayout, operation: ProviderOperation, *, code: str) -> HostPayout:
    """Nothing was sent: it is owed as before, and may be tried again."""
    open_one = HostPayout.objects.filter(pk=payout.pk, status=Status.CREATED)
    open_one.update(status=Status.FAILED, failure_code=code[:60], closed_at=clock.now())
    mark(operation, State.FAILED, error=code)
    nudge(f"org.{payout.organization_id}")
    return HostPayout.objects.get(pk=payout.pk)


def resume_payout(operation: ProviderOperation, payout: HostPayout, in_flight: timedelta) -> None:
    """Look what became of a transfer, or of its taking back.

    A transfer that was not made is closed, and what is owed stays owed.
    """
    if operation.kind == operations.REVERSAL:
        resume_reversal(operation, payout, in_flight)
        return
    made = provider().find_transfers(reference=str(payout.public_id))
    if made:
        _settle(payout, operation, made[0])
    elif operation.created_at <= clock.now() - in_flight:
        _close(payout, operation, code="not_done")
