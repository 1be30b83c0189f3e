from __future__ import annotations

import pytest

from tests.tenancy.cast import Cast, a_cast


@pytest.fixture
def cast(db) -> Cast:
    return a_cast()
