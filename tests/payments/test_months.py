"""Months of the books: closed once, and nothing gets into them any more."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry, Membership
from core import clock
from payments.models import ClosedMonth, LedgerMapping, Posting
from payments.pairs import pairs
from payments.selectors import record_of
from payments.selectors.ledgers import document_rows, export_rows, mapping_of, months_of, sums_of
from payments.selectors.months import month_from, month_of
from payments.services import correcting, ledger
from payments.services.billing import bill_session
from payments.services.closing import NotOver, close_month, map_accounts
from payments.services.collecting import collect
from payments.services.corrections import Wanted
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.payments.fleet import a_company, charged

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)
MID_DECEMBER = datetime(2026, 12, 15, 12, tzinfo=UTC)


@pytest.fixture
def organization(story):
    return story.evse.organization


def close(organization, day=NOVEMBER, at=MID_DECEMBER):
    with clock.at(at):
        return close_month(organization=organization, day=day, by=UserFactory(name="Olga"))


def test_a_month_begins_and_ends_with_the_organizations_midnight_across_the_clock_change():
    organization = OrganizationFactory.build(time_zone="Europe/Berlin")
    october = month_from(organization, date(2026, 10, 17))
    assert (october.starts_at.astimezone(UTC), october.ends_at.astimezone(UTC)) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )
    assert month_of(organization, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)).first_day == date(2027, 1, 1)


def test_the_sums_of_a_month_are_those_of_its_postings(story, organization):
    charged(story, 20_000)
    guest = charged(story, 10_000, days=1, driver=False)
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)):
        collect(session_id=guest.pk)
    sums = sums_of(organization, month_from(organization, NOVEMBER))
    assert (sums.sessions, sums.energy_wh, sums.net.minor) == (2, 30_000, 1250)
    assert [(rate, amount.minor) for rate, amount in sums.taxes] == [("20", 250)]
    assert (sums.written_off.minor, sums.captured.minor) == (500, 0)


def test_a_month_is_closed_once_with_its_sums_and_who_closed_it(story, organization):
    charged(story, 20_000)
    first, again = close(organization), close(organization)
    assert first == again
    assert first.sums["net"] == 833
    assert AuditEntry.objects.filter(action="month.close").count() == 1


def test_a_month_that_runs_or_has_only_just_ended_is_not_closed(story, organization):
    for at in (datetime(2026, 11, 30, 12, tzinfo=UTC), datetime(2026, 12, 1, 1, tzinfo=UTC)):
        with pytest.raises(NotOver):
            close(organization, at=at)
    assert not ClosedMonth.objects.exists()


def test_a_late_charge_is_posted_in_the_open_month_and_says_where_it_belongs(story, organization):
    close(organization)
    session = story.session(energy_wh=20_000)
    with clock.at(MID_DECEMBER):
        record = bill_session(session_id=session.pk)
    posting = Posting.objects.get(reference=ledger.bill_reference(record))
    assert (posting.at, posting.belongs_to) == (MID_DECEMBER, NOVEMBER)
    with clock.at(MID_DECEMBER):
        december, november = (
            months_of(organization)[0],
            sums_of(organization, month_from(organization, NOVEMBER)),
        )
    assert (december.net.minor, december.elsewhere, november.net.minor) == (833, 1, 0)


def test_a_correction_leaves_the_closed_month_as_it_was(story, organization):
    session = charged(story, 20_000)
    closed = close(organization)
    with clock.at(MID_DECEMBER):
        correcting.correct_session(
            session=session, by=UserFactory(), reason="meter", wanted=Wanted(energy_wh=10_000)
        )
    november = month_from(organization, NOVEMBER)
    assert sums_of(organization, november).as_json() == closed.sums
    later = Posting.objects.filter(at__gte=november.ends_at)
    assert {posting.belongs_to for posting in later} == {NOVEMBER}
    assert record_of(session).total_gross == Decimal("5.00")


def test_the_database_refuses_a_posting_into_a_closed_month(story, organization):
    close(organization)
    with pytest.raises(DatabaseError, match="is closed"), transaction.atomic():
        ledger.post(
            organization_id=organization.pk,
            reference="late",
            reason="test",
            currency="EUR",
            lines={"cash:bank": 1, "revenue:charging": -1},
            at=datetime(2026, 11, 30, 22, tzinfo=UTC),
        )
    for change in (lambda: ClosedMonth.objects.all().delete(), lambda: ClosedMonth.objects.update(sums={})):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            change()


# --- for other bookkeeping -------------------------------------------------------------------

AMOUNTS = st.lists(st.integers(-10_000, 10_000).filter(bool), min_size=1, max_size=8)


@given(AMOUNTS)
def test_pairs_of_debit_and_credit_move_exactly_what_the_posting_moved(amounts):
    lines = [(f"account {n}", amount) for n, amount in enumerate(amounts)]
    if sum(amounts):
        lines.append(("rest", -sum(amounts)))
    moved = dict.fromkeys((account for account, _ in lines), 0)
    for pair in pairs(lines):
        assert pair.amount_minor > 0
        moved[pair.debit] += pair.amount_minor
        moved[pair.credit] -= pair.amount_minor
    assert moved == dict(lines)


def test_the_ledger_leaves_in_the_numbers_of_the_bookkeeping(story, organization):
    a_company(story)
    charged(story, 20_000)
    assert mapping_of(organization) == {"receivable:companies": "", "revenue:charging": "", "tax:20": ""}
    numbers = {"receivable:companies": "1400", "revenue:charging": "8400", "tax:20": ""}
    map_accounts(organization=organization, by=UserFactory(), numbers=numbers)
    rows = list(export_rows(organization, month_from(organization, NOVEMBER)))
    assert [row[:5] for row in rows] == [
        ("2026-11-20", Decimal("8.33"), "EUR", "1400", "8400"),
        ("2026-11-20", Decimal("1.67"), "EUR", "1400", "tax:20"),
    ]
    map_accounts(organization=organization, by=UserFactory(), numbers={"revenue:charging": ""})
    assert LedgerMapping.objects.count() == 1


def test_the_documents_of_a_month_leave_by_number(story, organization):
    session = charged(story, 20_000)
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)):
        correcting.correct_session(
            session=session, by=UserFactory(), reason="meter", wanted=Wanted(energy_wh=10_000)
        )
    rows = list(document_rows(organization, month_from(organization, NOVEMBER)))
    assert [(row[0], row[1], row[6], row[8]) for row in rows] == [
        ("C2026-00001", "credit_note", Decimal("-10.00"), "R2026-00001"),
        ("R2026-00001", "receipt", Decimal("10.00"), ""),
        ("R2026-00002", "receipt", Decimal("5.00"), ""),
    ]


def test_the_pages_of_months_show_close_and_export(client, story, organization):
    client.force_login(MembershipFactory(organization=organization).user)
    charged(story, 20_000)
    with clock.at(MID_DECEMBER):
        page = client.get(reverse("payments:months")).content.decode()
        assert "Close November 2026" in page
        client.post(reverse("payments:month_close"), {"month": "2026-11"})
        assert ClosedMonth.objects.get().month == NOVEMBER
        rows = list(csv.DictReader(io.StringIO(client.get("/operate/months/?format=csv").content.decode())))
    assert [(row["month"], row["net"], row["closed"]) for row in rows] == [
        ("2026-12", "0.00", "no"),
        ("2026-11", "8.33", "yes"),
    ]
    documents = client.get("/operate/months/documents.csv?month=2026-11").content.decode()
    assert "R2026-00001" in documents
    ledger_text = client.get("/operate/months/ledger.csv?month=2026-11").content.decode()
    assert ledger_text.startswith("date,amount,currency,debit,credit")
    assert client.get("/operate/months/ledger.csv?month=2026-13").status_code == 404
    saved = client.post(reverse("payments:ledger_accounts"), {"account_0": "1400", "account_1": "8400"})
    assert saved.status_code == 302
    assert set(LedgerMapping.objects.values_list("number", flat=True)) == {"1400", "8400"}


def test_who_may_not_manage_money_closes_nothing(client, story, organization):
    member = MembershipFactory(organization=organization, role=Membership.Role.OPERATOR)
    client.force_login(member.user)
    with clock.at(MID_DECEMBER + timedelta(days=1)):
        assert client.post(reverse("payments:month_close"), {"month": "2026-11"}).status_code == 403
    assert client.get(reverse("payments:months")).status_code == 200
