"""A fleet with an account, and months of its charges."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from payments.models import CompanyAccount, CompanyMember, IssuerDetails
from payments.services.billing import bill_session
from stations.models import ChargingSession
from tests.factories import EvseFactory
from tests.payments.stories import NOON, Story

ADDRESS = {"street": "Kai 1", "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}


def a_company(story: Story, **fields) -> CompanyAccount:
    known = {"name": "Fjord Fleet", "email": "fleet@example.org", "vat_number": "DE136695976", **ADDRESS}
    company = CompanyAccount.objects.create(organization=story.evse.organization, **{**known, **fields})
    CompanyMember.objects.create(
        organization=company.organization, company=company, user=story.driver, cost_center="Sales"
    )
    return company


def an_issuer(story: Story, **fields) -> IssuerDetails:
    known = {
        "legal_name": "Nordlys Charging GmbH",
        "vat_number": "DE123456788",
        "iban": "DE02120300000000202051",
        "email": "books@example.org",
        "invoice_prefix": "NL",
        **ADDRESS,
    }
    return IssuerDetails.objects.create(organization=story.evse.organization, **{**known, **fields})


def charged(story: Story, energy_wh: int, *, days: int = 0, **fields) -> ChargingSession:
    """A billed charge of the story's driver, so many days after its noon."""
    evse = EvseFactory(station=story.evse.station, number=EvseFactory.build().number + 1000)
    session = story.session(energy_wh=energy_wh, evse=evse, **fields)
    shift = timedelta(days=days)
    ChargingSession.objects.filter(pk=session.pk).update(
        started_at=NOON + shift, ended_at=NOON + shift + timedelta(hours=1)
    )
    with clock.at(NOON + shift + timedelta(hours=1)):
        bill_session(session_id=session.pk)
    session.refresh_from_db()
    return session
