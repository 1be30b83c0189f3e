"""Words of a commissioning: `{% load commissioning_words %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.ui.curves import Axes, Series, curve
from stations import words_commissioning as words
from stations.selectors_commissioning import Test

register = template.Library()
register.filter("finding", words.sentence)
register.filter("step_name", words.step_name)
register.filter("rotation_name", words.rotation_name)


@register.filter
def per_phase(values: dict[str, float], unit: str) -> str:
    """`L1 16.0 A · L2 15.9 A`; a dash where nothing was told."""
    gap = "\N{NO-BREAK SPACE}"
    return " · ".join(f"{phase}{gap}{value:.1f}{gap}{unit}" for phase, value in values.items()) or "–"


@register.filter
def link_state(link: Any) -> SafeString:
    """How a link stands, as a pill."""
    role, word = words.STATES[link.status_word]
    return format_html('<span class="st {}">{}</span>', role, word)


@register.simple_tag
def test_curve(test: Test) -> SafeString:
    """Power of a test charge over the seconds, with a sentence that says it."""
    told = [(reading.taken_at, reading.power_w) for reading in test.readings if reading.power_w is not None]
    if len(told) < 2:
        return SafeString("")
    first = told[0][0]
    points = [((at - first).total_seconds(), power_w / 1000) for at, power_w in told]
    last_s, last_kw = points[-1]
    said = _("Power of the test charge: %(kw).1f kW after %(s)d seconds") % {"kw": last_kw, "s": last_s}
    axes = Axes(x_labels=((0, "0 s"), (last_s, f"{last_s:.0f} s")), unit=" kW")
    return curve([Series(points, filled=True)], sentence=said, axes=axes)
