"""Much of one kind at once: bounded, in order, each with what was committed."""

from __future__ import annotations

import threading

import pytest

from accounts.models import Organization
from core import clock
from core.threads import side_by_side
from tests.factories import NOON, OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def aside(settings):
    settings.SIDE_BY_SIDE = True


def test_as_many_at_once_as_there_are_database_threads(settings):
    """Each waits until all of them are there."""
    all_here = threading.Barrier(settings.DB_THREADS, timeout=10)
    numbers = range(3 * settings.DB_THREADS)
    assert list(side_by_side(lambda number: (all_here.wait(), number)[1], numbers)) == list(numbers)


def test_each_has_a_connection_and_the_callers_clock():
    organization = OrganizationFactory()
    with clock.at(NOON):
        found = list(
            side_by_side(lambda pk: (Organization.objects.get(pk=pk), clock.now()), [organization.pk])
        )
    assert found == [(organization, NOON)]


def test_what_goes_wrong_in_one_is_told_to_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda number: 1 // number, [1, 0, 2]))


def test_where_it_is_off_they_are_done_here_one_after_the_other(settings):
    settings.SIDE_BY_SIDE = False
    threads = set(side_by_side(lambda _: threading.get_ident(), range(9)))
    assert threads == {threading.get_ident()}
