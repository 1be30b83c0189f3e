"""Pages keep to the strict content security policy, and speak through gettext."""

from __future__ import annotations

import re

import pytest

from embedded.places import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]
FORBIDDEN = {
    "an inline script": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE
    ),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=|\shx-on", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "an htmx expression": re.compile(r"hx-(vals|headers)\s*=\s*['\"]\s*(js|javascript):", re.IGNORECASE),
    "a foreign origin": re.compile(r"<(script|link|img)\b[^>]*(src|href)=\"(https?:)?//", re.IGNORECASE),
}


def name(path):
    return str(path.relative_to(ROOT / "templates"))


def test_there_are_pages():
    assert len(PAGES) > 20


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_holds_nothing_that_the_content_policy_forbids(path):
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_that_speaks_loads_its_translations(path):
    text = path.read_text()
    speaks = re.search(r"{% (translate|blocktranslate|trans|blocktrans) ", text)
    assert not speaks or "i18n" in "".join(re.findall(r"{% load ([^%]+)%}", text))
