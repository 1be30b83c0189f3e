"""`{% load journal_words %}`: frames for people to read."""

from __future__ import annotations

import json

from django import template

register = template.Library()


@register.filter
def pretty(text: str) -> str:
    """A frame as indented JSON; what is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
