"""The base map: tiles when MAP_TILE_URL names a server, else our drawing of the demo's made-up town."""

from __future__ import annotations

import json
from typing import Any, Final

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

TOWN_BOUNDS: Final = [[55.616644, 12.032260], [55.663356, 12.127740]]
TOWN_CENTER: Final = [55.6423, 12.0800]
TOWN_LABELS: Final = [
    ["Old Town", [55.64234, 12.08]],
    ["Harbour", [55.63533, 12.08955]],
    ["Northfield", [55.65401, 12.08191]],
    ["Lakeside", [55.65121, 12.0609]],
    ["Riverbank", [55.63066, 12.06377]],
    ["East Works", [55.64561, 12.10673]],
    ["Southgate", [55.62599, 12.08764]],
]


def map_attributes() -> SafeString:
    """The `data-` attributes that static/js/map.js reads."""
    tiles = getattr(settings, "MAP_TILE_URL", "")
    attributes = _tiles(tiles) if tiles else _town()
    attributes |= {
        "center": json.dumps(getattr(settings, "MAP_CENTER", TOWN_CENTER)),
        "zoom-in": _("Zoom in"),
        "zoom-out": _("Zoom out"),
    }
    return format_html_join(" ", 'data-{}="{}"', attributes.items())


def _tiles(url: str) -> dict[str, Any]:
    return {"tiles": url, "attribution": getattr(settings, "MAP_ATTRIBUTION", "")}


def _town() -> dict[str, Any]:
    return {
        "bounds": json.dumps(TOWN_BOUNDS),
        "labels": json.dumps(TOWN_LABELS),
        "light": static("map/town-light.svg"),
        "dark": static("map/town-dark.svg"),
        "attribution": _("Map of a made-up town"),
    }
