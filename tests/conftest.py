"""What every test may lean on; the servers come from tests/plugin_servers.py."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.utils import translation
from hypothesis import HealthCheck, settings

from core.hot import Line, hot_line
from tests import template
from tests.cleaning import clean_quickly

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

clean_quickly()
gc.set_threshold(100_000)  # most of what a test makes is dropped without it; looking often costs a tenth


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Before this worker's database is made: what it is a copy of must be there."""
    template.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser at a time, for one module: it keeps an event loop running in this thread, which neither
    a second browser nor an async test of another module bears."""
    from tests.pages.browser import running_browser

    with running_browser() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _first_language() -> Iterator[None]:
    """A request leaves its language in the thread: the next test starts with the house's own."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """`with statements(1):` so many statements are executed; also hot ones, which Django does not count."""
    executed: list[Any] = []

    def noting(execute: Callable[..., Any]) -> Callable[..., Any]:
        def note(executor: Any, query: Any, *rest: Any, **more: Any) -> Any:
            executed.append(query)
            return execute(executor, query, *rest, **more)

        return note

    @contextmanager
    def counted(expected: int) -> Iterator[None]:
        hot_line()  # the first on a connection looks whose it is
        executed.clear()
        yield
        assert len(executed) == expected, executed

    for kind in (psycopg.Cursor, Line):
        monkeypatch.setattr(kind, "execute", noting(kind.execute))
    return counted


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's loop stays in the thread, and no asynchronous test runs beside it.
    The slow proofs are left out unless they are asked for by name (`-m slow`)."""
    if "slow" not in config.getoption("markexpr"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    items.sort(key=_late)


def _late(item: Any) -> tuple[bool, bool]:
    """The long ones of each kind first, so that no worker begins one when the others are done."""
    return "browser" in item.fixturenames, item.get_closest_marker("journey") is None
