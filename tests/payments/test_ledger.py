"""The books' laws, against raw SQL too."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from payments.models import Posting, PostingLine
from payments.services.ledger import Unbalanced, post
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return OrganizationFactory()


def write(organization, reference="sale.1", **lines):
    return post(
        organization_id=organization.pk,
        reference=reference,
        reason="test",
        currency="EUR",
        lines=lines or {"cash:stripe": 500, "revenue:charging": -500},
    )


def run(sql, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.execute("set constraints all immediate")


def test_an_event_is_posted_once(organization):
    assert write(organization) is not None
    assert write(organization) is None
    assert PostingLine.objects.count() == 2


def test_a_posting_that_does_not_balance_is_refused_by_name(organization):
    with pytest.raises(Unbalanced):
        write(organization, a=1, b=2)


def test_zero_lines_are_left_out_and_nothing_is_posted_for_nothing(organization):
    assert write(organization, a=0, b=0) is None
    assert Posting.objects.count() == 0


def test_the_database_refuses_a_line_that_unbalances_even_from_raw_sql(organization):
    posting = write(organization)
    with pytest.raises(DatabaseError, match="does not balance"):
        run(
            "insert into payments_postingline (posting_id, account, amount_minor, currency)"
            " values (%s, 'cash:stripe', 1, 'EUR')",
            posting.pk,
        )


@pytest.mark.parametrize(
    "sql",
    [
        "update payments_postingline set amount_minor = 1",
        "delete from payments_postingline",
        "update payments_posting set reason = 'other'",
        "delete from payments_posting",
    ],
)
def test_the_books_are_append_only_even_for_raw_sql(organization, sql):
    write(organization)
    with pytest.raises(DatabaseError):
        run(sql)
    assert PostingLine.objects.count() == 2


def test_a_reference_cannot_be_used_twice_by_raw_sql(organization):
    write(organization)
    with pytest.raises(DatabaseError):
        run(
            "insert into payments_posting (organization_id, reference, reason, at)"
            " values (%s, 'sale.1', 'x', now())",
            organization.pk,
        )
