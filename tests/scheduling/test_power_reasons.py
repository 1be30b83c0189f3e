"""Why a car gets what it gets, as people read it."""

from __future__ import annotations

import pytest
from django.utils import translation

from scheduling.allocation.power_types import Reason
from scheduling.selectors.reasons import worded


def test_a_stored_code_is_told_with_its_figure_and_its_branch():
    assert worded("fair_share|Row B", limit_w=4140, limit_a=6) == "6 A: a fair share (limit: Row B)."
    assert worded("wants_no_more|", limit_w=150_000, limit_a=None) == (
        "150 kW: all that car and charger can take."
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_the_plan_has_a_sentence(reason):
    assert worded(f"{reason}|Grid", limit_w=4140, limit_a=6) != f"{reason}|Grid"


def test_a_sentence_from_before_the_codes_is_shown_as_it_is():
    assert worded("6 A: a fair share.", limit_w=4140, limit_a=6) == "6 A: a fair share."


def test_a_german_reader_gets_a_german_reason():
    with translation.override("de"):
        assert worded("suspended|Grid", limit_w=4140, limit_a=6) == (
            "6 A: Das Auto hat selbst unterbrochen; andere nutzen seinen Anteil."
        )
