"""The catalogs of words: whole where a language is offered, and compiled from what one reads."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
# What a driver, a guest or whoever signs in can read must all be there; of the rest, nearly all.
TEMPLATES = (
    "templates/*.html", "templates/account/**/*", "templates/accounts/*.html", "templates/scheduling/*.html",
    "templates/payments/_cards.html", "templates/payments/_lines.html", "templates/payments/_live_cost.html",
    "templates/payments/_return.html", "templates/payments/re[ct]*.html", "templates/emails/*.txt",
    "templates/ui/*.html", "templates/stations/driver/*.html",
)  # fmt: skip
CODE = (
    "core/ui/*.py", "core/templatetags/*.py", "accounts/views.py", "accounts/forms.py",
    "payments/rating/explain.py", "payments/services/*.py", "payments/views/cards.py",
    "payments/views/returning.py", "payments/views/receipts.py", "scheduling/selectors/*.py",
    "scheduling/views/*.py", "stations/views/autocharge.py",
)  # fmt: skip
OPERATORS = ("base_operator.html", "operator_nav.html", "views/operator.py", "scheduling/views/export.py")
NEARLY = 0.95
MARKS = {"gettext", "_", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
ENTRY = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)


def _files(patterns) -> Iterator[Path]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and not str(path).endswith(OPERATORS):
                yield path


def _calls(source: str) -> Iterator[str]:
    """The marked texts of a module, as a catalog has them: with their context, without the plural."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(getattr(node, "func", None), "id", "") or getattr(
            getattr(node, "func", None), "attr", ""
        )
        if name in MARKS and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
            texts = [str(argument.value) for argument in node.args[:2] if isinstance(argument, ast.Constant)]
            yield "\x04".join(texts) if name.startswith("pgettext") else texts[0]


def _marked() -> dict[str, str]:
    """Text to the file that says it."""
    found = {text: str(path) for path in _files(CODE) for text in _calls(path.read_text())}
    for path in _files(TEMPLATES):
        found |= dict.fromkeys(_in_template(path.read_text()), str(path))
    return found


def _in_template(source: str) -> list[str]:
    """Django turns a template into something that looks like Python; its marked calls are what counts."""
    code = templatize(source)
    pattern = r"""\b(n?gettext|pgettext)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|'{3}.*?'{3}|"{3}.*?"{3})"""
    found = [ast.literal_eval(text) for _name, text in re.findall(pattern, code, re.DOTALL)]
    found += [ast.literal_eval(text) for text in re.findall(r"""[^\w]_\((".*?"|'.*?')\)""", code)]
    return [text for text in found if text.strip()]


def _catalog(language: str) -> dict[str, list[str]]:
    """The entries of the readable file: key to translations."""
    text = (ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text()
    entries = {}
    for block in text.split("\n\n")[1:]:
        parts = {key: ast.literal_eval(f"({lines})") for key, lines in ENTRY.findall(block)}
        context = f"{parts['msgctxt']}\x04" if "msgctxt" in parts else ""
        entries[context + parts["msgid"]] = [v for key, v in parts.items() if key.startswith("msgstr")]
    return entries


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_that_is_offered_has_every_word_of_the_driver_pages(language):
    catalog = _catalog(language)
    missing = {text: where for text, where in _marked().items() if not all(catalog.get(text, [""]))}
    assert missing == {}


@pytest.mark.parametrize("language", OTHERS)
def test_nearly_everything_else_is_there_too(language):
    everything = {text for path in _files(["templates/**/*.html"]) for text in _in_template(path.read_text())}
    catalog = _catalog(language)
    missing = sorted(text for text in everything if not all(catalog.get(text, [""])))
    assert len(missing) <= len(everything) * (1 - NEARLY), missing


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_a_guess(language):
    assert "fuzzy" not in (ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_the_figures_of_its_text(language):
    figure = re.compile(r"%\(\w+\)\d*[sd]|%%")
    for text, translations in _catalog(language).items():
        for translation in filter(None, translations):
            assert set(figure.findall(translation)) == set(figure.findall(text)), text


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalog_is_the_readable_one(language):
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translations in _catalog(language).items():
        if all(translations) and len(translations) == 1:
            context, _between, plain = text.rpartition("\x04")
            said = compiled.pgettext(context, plain) if context else compiled.gettext(plain)
            assert said == translations[0]
