"""A private PostgreSQL and Valkey for this run, unless DATABASE_URL and REDIS_URL name others.

A plugin and not a fixture: Django reads the addresses before any conftest is loaded. Under xdist
only the controller starts servers; its workers inherit the addresses through the environment.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.places import Unavailable
from embedded.throwaway import Throwaway
from tests import template

NOWHERE = {
    "DATABASE_URL": "postgres://forecourt@/forecourt?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent",
}
SERVERS = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}
running: list[Throwaway] = []
making: list[subprocess.Popen[bytes]] = []


def _needs_no_server(config: pytest.Config) -> bool:
    chosen = config.known_args_namespace
    pure = Path(__file__).parent / "pure"
    paths = [Path(name.split("::")[0]).resolve() for name in chosen.file_or_dir]
    only_pure = bool(paths) and all(path.is_relative_to(pure) for path in paths)
    return bool(chosen.help or chosen.version or chosen.collectonly) or only_pure


def _start_missing_servers() -> None:
    missing = [name for name in SERVERS if name not in os.environ]
    if not missing:
        return
    servers = Throwaway(*(SERVERS[name] for name in missing))
    running.append(servers)
    addresses = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
    os.environ.update({name: addresses[name] for name in missing})


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django loads the settings: set the addresses; the servers come up meanwhile."""
    if _needs_no_server(early_config):
        for name, nowhere in NOWHERE.items():
            os.environ.setdefault(name, nowhere)
    else:
        _start_missing_servers()
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before the first worker or test: wait for the servers."""
    try:
        for servers in running:
            servers.wait()
            if servers.database_url == os.environ["DATABASE_URL"]:
                making.append(template.begin())
    except Unavailable as problem:
        pytest.exit(str(problem), returncode=3)


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last test: take them away; a run without a database may end before its template is made."""
    while making:
        maker = making.pop()
        maker.kill()
        maker.wait()
    while running:
        running.pop().close()
