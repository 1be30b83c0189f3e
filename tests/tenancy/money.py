"""What Alice's network has of money, for whoever asks for what is not theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg.types.range import TimestamptzRange

from core import clock
from payments.models import (
    CompanyAccount,
    CompanyMember,
    CustomerGroup,
    Discrepancy,
    Dispute,
    GroupMember,
    HostPayout,
    HostStatement,
    Payment,
    PrepaidBalance,
    PrepaidTerms,
    ReconciliationRun,
    RevenueShare,
    SiteHost,
    TariffAssignment,
    Voucher,
)
from payments.selectors.balances import prepaid_account
from payments.services.invoicing import issue
from payments.services.ledger import post
from payments.services.tariffs import assign_tariff, create_tariff
from tests.tenancy.cast import House


def a_price_of(house: House) -> TariffAssignment:
    """A tariff of hers that holds in her network."""
    held = TariffAssignment.objects.filter(organization=house.organization).first()
    elements = [{"price_components": [{"type": "ENERGY", "price": "0.5", "step_size": 1}]}]
    return held or assign_tariff(
        tariff=create_tariff(organization=house.organization, name="alices-tariff", elements=elements)
    )


def a_share_of(house: House) -> RevenueShare:
    """What a site host of hers gets, and a statement of it."""
    known = RevenueShare.objects.filter(organization=house.organization).first()
    if known is not None:
        return known
    mine = {"organization": house.organization}
    host = SiteHost.objects.create(name="alices-host", email="alices-host@example.org", **mine)
    sums = {"records": 1, "energy_wh": 1, "net": 1, "share_minor": 10, "currency": "EUR"}
    HostStatement.objects.create(host=host, month=date(2026, 10, 1), **mine, **sums)
    paid = {"amount_minor": 10, "currency": "EUR", "status": "paid", "provider_ref": f"tr_{host.pk}"}
    HostPayout.objects.create(host=host, **mine, **paid)
    during = TimestamptzRange(clock.now(), None)
    return RevenueShare.objects.create(host=host, percent=10, during=during, **mine)


def money_of(house: House) -> dict[str, Any]:
    """A payment of hers, its dispute, and what does not agree about it."""
    own: dict[str, Any] = {"organization": house.organization}
    paid: dict[str, Any] = {
        "currency": "EUR",
        "requested_minor": 1,
        "provider_ref": f"pi_alice_{house.organization.pk}",
    }
    payment, _ = Payment.objects.get_or_create(**own, **paid, status="captured")
    about = {"reason": "fraudulent", "status": "needs_response", "opened_at": payment.created_at}
    dispute, _ = Dispute.objects.get_or_create(
        **own,
        payment=payment,
        provider_ref=f"du_{payment.pk}",
        amount_minor=1,
        currency="EUR",
        defaults=about,
    )
    run, _ = ReconciliationRun.objects.get_or_create(**own, defaults={"since": payment.created_at})
    wrong, _ = Discrepancy.objects.get_or_create(**own, run=run, kind="hold_gone", ref=payment.provider_ref)
    return {"refund": payment.public_id, "dispute": dispute.public_id, "mend": wrong.public_id}


def a_balance_of(house: House) -> PrepaidBalance:
    """What she has paid in with her own network, which offers it no more."""
    mine: dict[str, Any] = {"organization": house.organization, "user": house.owner, "currency": "EUR"}
    PrepaidTerms.objects.get_or_create(organization=house.organization)
    balance, is_new = PrepaidBalance.objects.get_or_create(**mine)
    if is_new:
        post(
            organization_id=house.organization.pk,
            reference=f"alices-balance.{balance.pk}",
            reason="paid in",
            currency="EUR",
            lines={"cash:bank": 100, prepaid_account(balance.pk): -100},
        )
    return balance


def a_company_of(house: House) -> CompanyAccount:
    """With her as its driver, and an invoice."""
    address: dict[str, Any] = {
        "street": "Kai 1",
        "postal_code": "5003",
        "city": "Bergen",
        "country_code": "NO",
    }
    company, is_new = CompanyAccount.objects.get_or_create(
        organization=house.organization, name="alices-company", email="fleet@example.org", **address
    )
    if is_new:
        members = {"organization": house.organization, "company": company}
        CompanyMember.objects.create(user=house.owner, **members)
        Voucher.objects.create(code="ALICES", valid_until=clock.now(), **members)
        amounts = {"currency": "EUR", "net_minor": 0, "tax_minor": 0, "gross_minor": 0, "taxes": []}
        customer = {"legal_name": company.name}
        issue(kind="invoice", series="I", company=company, customer=customer, **amounts)
    return company


def a_group_of(house: House) -> CustomerGroup:
    """With her as its member."""
    mine: dict[str, Any] = {"organization": house.organization}
    group, is_new = CustomerGroup.objects.get_or_create(name="alices-group", **mine)
    if is_new:
        during = TimestamptzRange(clock.now(), None)
        GroupMember.objects.create(group=group, user=house.owner, during=during, **mine)
    return group
