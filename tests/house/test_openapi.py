"""The API's description in the repository is what the code publishes.

After a change: `./forecourt manage spectacular --file docs/openapi.yaml --validate --fail-on-warn`.
"""

from __future__ import annotations

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from embedded.places import ROOT

CHECKED_IN = ROOT / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def schema():
    """The description made anew, with nothing to complain about."""
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(request=None, public=True)


def test_describing_the_api_anew_gives_the_file_in_the_repository(schema):
    assert OpenApiYamlRenderer().render(schema, renderer_context={}).decode() == CHECKED_IN.read_text()


def test_nothing_in_the_api_is_left_undescribed(schema):
    assert {**GENERATOR_STATS._error_cache, **GENERATOR_STATS._warn_cache} == {}


def test_the_description_is_openapi(schema):
    validate_schema(schema)


def test_every_act_says_what_it_is(schema):
    acts = [
        f"{method} {path}"
        for path, methods in schema["paths"].items()
        for method, act in methods.items()
        if not act.get("description")
    ]
    assert acts == []


def test_every_app_is_in_it(schema):
    first_words = {path.split("/")[3] for path in schema["paths"]}
    assert {"me", "tokens", "stations", "sessions", "tariffs", "cdrs", "reservations"} <= first_words


def test_whoever_asks_gets_the_description(client):
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["info"]["title"] == "Forecourt API"
