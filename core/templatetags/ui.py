"""`{% load ui %}`: the tags of the pages. What each does, with examples: core/ui/README.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.ui import charts, curves, numbers
from core.ui import status as status_words
from core.ui.fragments import render_panel
from core.ui.live import sign_topics
from core.ui.maps import map_attributes as attributes_of_map

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of the sprite; silent beside text, or named by `label` when it stands alone."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="ic i-{}" role="img" aria-label="{}"><use href="{}"/></svg>', name, label, href
        )
    return format_html('<svg class="ic i-{}" aria-hidden="true"><use href="{}"/></svg>', name, href)


@register.inclusion_tag("ui/status.html")
def status(thing: Any, shape: str = "pill", text: str = "", name: str = "", href: str = "") -> dict[str, Any]:
    """Word, icon and color of a thing, as `pill`, `cell`, `pin` or `stall`."""
    shown = status_words.shown(thing)
    return {"shown": shown, "shape": shape, "text": text, "name": name, "href": href}


@register.filter
def status_role(thing: Any) -> str:
    """`is-free` and so on, for other elements that carry the color."""
    return f"is-{status_words.shown(thing).role}"


@register.filter
def status_label(thing: Any) -> str:
    return str(status_words.shown(thing).label)


@register.filter
def status_icon(thing: Any) -> str:
    return status_words.shown(thing).icon


@register.inclusion_tag("ui/legend.html")
def status_legend() -> dict[str, Any]:
    return {"roles": status_words.ROLES}


@register.simple_tag
def money(amount: Any, currency: str | None = None) -> str:
    return "–" if amount is None else numbers.money_text(amount, currency)


@register.filter
def currency_symbol(code: str) -> str:
    return numbers.currency_symbol(code or "")


@register.simple_tag
def unit_price(amount: Any, currency: str | None = None) -> str:
    """A price per unit: up to four decimals, nothing rounded away."""
    return "–" if amount is None else numbers.money_text(amount, currency, is_price=True)


@register.filter
def kwh(energy_wh: int | None) -> str:
    return numbers.kwh_text(energy_wh)


@register.filter
def register_kwh(energy_wh: Any) -> str:
    return numbers.register_text(energy_wh)


@register.filter
def kw(power_w: int | None) -> str:
    return numbers.kw_text(power_w)


@register.filter
def duration(seconds: float | None) -> str:
    return "–" if seconds is None else numbers.duration_text(seconds)


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """The age of a value; static/js/live.js keeps it counting."""
    text = numbers.ago_text(at)
    if at is None:
        return format_html("<span>{}</span>", text)
    return format_html('<time class="num" datetime="{}" data-ago>{}</time>', at.isoformat(), text)


@register.simple_tag
def ago_words() -> str:
    return numbers.ago_words()


@register.simple_tag(takes_context=True)
def panel(context: Context, name: str, *args: Any, **kwargs: Any) -> SafeString:
    """Another app's fragment in this page's first HTML, by URL name."""
    return render_panel(context["request"], name, *args, **kwargs)


@register.simple_tag(takes_context=True)
def live_attributes(context: Context) -> SafeString:
    """`data-live-url` and `data-live-token` for <body>, when the view gave `live_topics`."""
    topics: Iterable[str] | None = context.get("live_topics")
    if not topics:
        return SafeString("")
    return format_html('data-live-url="/live/" data-live-token="{}"', sign_topics(topics))


@register.simple_tag
def map_attributes() -> SafeString:
    return attributes_of_map()


@register.simple_tag
def sparkline(values: Sequence[float], color: str = "s1") -> SafeString:
    return charts.sparkline(values, color=color)


@register.simple_tag
def day_bars(shares: Sequence[float], now_index: int | None = None) -> SafeString:
    return charts.day_bars(shares, now_index=now_index)


@register.simple_tag
def bar(value: float, full: float, color: str = "s1") -> SafeString:
    return charts.bar(value or 0, full or 0, color=color)


@register.simple_tag
def load_bar(drawn: float, given: float, limit: float) -> SafeString:
    return charts.load_bar(drawn, given, limit)


@register.simple_tag
def dial(share: float | None, target: float | None = None) -> SafeString:
    return charts.dial(share, target=target)


@register.simple_tag
def curve(series: Sequence[curves.Series], sentence: str, axes: curves.Axes | None = None) -> SafeString:
    return curves.curve(series, sentence=sentence, axes=axes)


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, help: str = "", placeholder: str = "") -> dict[str, Any]:
    """Label, control, help and errors of one form field, joined for screen readers."""
    kind = getattr(bound.field.widget, "input_type", "")
    return {"field": bound, "kind": kind, "help": help, "placeholder": placeholder}


@register.inclusion_tag("ui/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What is wrong with the form, with a link to each field; focused by static/js/ui.js."""
    fields = [bound for bound in form if bound.errors] if form.is_bound else []
    return {"form": form, "fields": fields, "others": form.non_field_errors() if form.is_bound else []}
