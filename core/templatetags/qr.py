"""`{% load qr %}{% qr_code address _("What it is") %}`."""

from __future__ import annotations

from django import template

from core.ui.qr import qr_svg

register = template.Library()


@register.simple_tag
def qr_code(text: str, sentence: str) -> str:
    return qr_svg(text, sentence=sentence)
