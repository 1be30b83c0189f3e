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


@pytest.mark.parametrize("table", ["payments_postingline", "payments_posting"])
def test_the_books_cannot_be_emptied(organization, table):
    write(organization)
    run("select 1")
    with pytest.raises(DatabaseError, match="cannot be truncated"):
        run(f"truncate {table} cascade")
    assert PostingLine.objects.count() == 2


def line(posting, account="cash:stripe", minor=1, currency="EUR"):
    run(
        "insert into payments_postingline (posting_id, account, amount_minor, currency)"
        " values (%s, %s, %s, %s), (%s, 'other', %s, %s)",
        posting.pk, account, minor, currency, posting.pk, -minor, currency,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_posting_of_an_earlier_transaction_takes_no_more_lines_even_balanced_ones():
    with transaction.atomic():
        posting = write(OrganizationFactory())
    with pytest.raises(DatabaseError, match="is closed"):
        line(posting)
    assert PostingLine.objects.count() == 2


def test_lines_join_a_posting_in_its_own_transaction_also_inside_a_savepoint(organization):
    posting = write(organization)
    with transaction.atomic():
        line(posting)
    assert PostingLine.objects.count() == 4


def test_a_posting_balances_in_each_currency_by_itself(organization):
    posting = write(organization)
    with pytest.raises(DatabaseError, match="does not balance in SEK"):
        run(
            "insert into payments_postingline (posting_id, account, amount_minor, currency)"
            " values (%s, 'cash:stripe', 5, 'SEK'), (%s, 'cash:stripe', -5, 'EUR'), (%s, 'x', 5, 'EUR')",
            posting.pk, posting.pk, posting.pk,
        )  # fmt: skip


def test_a_posting_without_lines_is_refused(organization):
    with pytest.raises(DatabaseError, match="moves nothing"):
        run(
            "insert into payments_posting (organization_id, reference, reason, at)"
            " values (%s, 'empty', 'x', now())",
            organization.pk,
        )


def test_a_reference_cannot_be_used_twice_by_raw_sql(organization):
    write(organization)
    with pytest.raises(DatabaseError):
        run(
            "insert into payments_posting (organization_id, reference, reason, at)"
            " values (%s, 'sale.1', 'x', now())",
            organization.pk,
        )
