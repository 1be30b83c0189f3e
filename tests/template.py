"""The database that each worker copies: migrated once, by a process beside, while the tests are collected.

Who makes it holds a lock until it is there, or until its process ends, however that happens.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import Final

import psycopg
from psycopg import sql

from embedded.places import ROOT, Unavailable
from embedded.postgres import ROLE

NAME: Final = ROLE
VARIABLE: Final = "TEST_TEMPLATE"
LOCK: Final = 640
LOOK: Final = "SELECT datistemplate FROM pg_database WHERE datname = %s"


def begin() -> subprocess.Popen[bytes]:
    """Have it made in the servers of this run; returns its maker as soon as that holds the lock."""
    os.environ[VARIABLE] = NAME
    maker = subprocess.Popen([sys.executable, "-m", "tests.template"], cwd=ROOT, stdout=subprocess.PIPE)
    assert maker.stdout is not None
    if not maker.stdout.readline():
        raise Unavailable("The database that the tests copy could not be begun.")
    return maker


def wait() -> None:
    """Return when it can be copied; at once when this run has none."""
    if VARIABLE not in os.environ:
        return
    with _maintaining() as line:
        line.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
        if line.execute(LOOK, [NAME]).fetchone() != (True,):
            raise RuntimeError("The database that the tests copy was not made; its process has said why.")


def _maintaining() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True)


def _make() -> None:
    with _maintaining() as line:
        line.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        print("begun", flush=True)
        line.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        _migrate()
        line.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(NAME)))


def _migrate() -> None:
    import django
    from django.core.management import call_command
    from django.db import connections

    gc.set_threshold(100_000)  # millions of small things are made: looking through them takes a quarter of it
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    connections.close_all()


if __name__ == "__main__":
    _make()
