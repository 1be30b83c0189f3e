"""The servers a test run brings along."""

from __future__ import annotations

import os

import pytest
import redis
from django.db import connection


@pytest.mark.django_db
def test_the_database_folds_letters_beyond_ascii():
    with connection.cursor() as cursor:
        cursor.execute("select lower('ÄÖÜ')")
        assert cursor.fetchone() == ("äöü",)


def test_valkey_answers_under_the_address_in_the_environment():
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
