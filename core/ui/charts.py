"""Small charts made on the server as SVG: no script, no inline style, a sentence for who cannot see them.

Colors are CSS custom properties, so that both themes use one picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Point: TypeAlias = tuple[float, float]


def path(points: Sequence[Point]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""


def sparkline(
    values: Sequence[float], *, color: str = "s1", width: int = 180, height: int = 30
) -> SafeString:
    """A small line over a tint, for a KPI; decoration beside the figure, so hidden from readers."""
    if len(values) < 2:
        return SafeString("")
    width, height = 180, 30
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = width / (len(values) - 1)
    points = [(i * step, height - 2 - (v - low) / span * (height - 5)) for i, v in enumerate(values)]
    area = f"{path(points)} L{width} {height} L0 {height}Z"
    return format_html(
        '<svg class="sl" viewBox="0 0 {w} {h}" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="{area}" fill="var(--{c})" opacity=".11"/>'
        '<path d="{line}" fill="none" stroke="var(--{c})" stroke-width="1.8" stroke-linejoin="round"'
        ' vector-effect="non-scaling-stroke"/></svg>',
        w=width, h=height, area=area, line=path(points), c=color,
    )  # fmt: skip


def day_bars(shares: Sequence[float], *, now_index: int | None = None) -> SafeString:
    """Twelve bars of 0..1, how busy a place gets; the bar of now stands out. A sentence goes beside it."""
    width, height = 76, 20
    step = width / max(1, len(shares))
    bars = (
        (
            f"{i * step + 0.6:.1f}",
            f"{height - max(2.0, share * height):.1f}",
            f"{step - 1.6:.1f}",
            f"{max(2.0, share * height):.1f}",
            "text" if i == now_index else "line-strong",
        )
        for i, share in enumerate(shares)
    )
    rects = format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" rx="1" fill="var(--{})"/>', bars)
    return format_html('<svg class="spark" viewBox="0 0 76 20" aria-hidden="true">{}</svg>', rects)


def bar(value: float, full: float, *, color: str = "s1", width: int = 84) -> SafeString:
    """A thin bar of value against full, for table rows; the figure stands beside it."""
    filled = 0.0 if full <= 0 else min(1.0, max(0.0, value / full)) * width
    return format_html(
        '<svg viewBox="0 0 {w} 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{w}" height="6" fill="var(--surface-3)"/>'
        '<rect width="{f}" height="6" fill="var(--{c})"/></svg>',
        w=width, f=f"{filled:.1f}", c=color,
    )  # fmt: skip


def load_bar(drawn: float, given: float, limit: float) -> SafeString:
    """A wide bar up to a limit: solid is drawn, tinted is given away. The figures stand beside it."""
    tinted, solid = (min(1.0, max(0.0, part / limit)) * 1000 if limit > 0 else 0.0 for part in (given, drawn))
    return format_html(
        '<svg class="load" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="1000" height="12" fill="var(--surface-3)"/>'
        '<rect width="{t}" height="12" fill="var(--{c})" fill-opacity=".35"/>'
        '<rect width="{s}" height="12" fill="var(--{c})"/></svg>',
        t=f"{tinted:.1f}", s=f"{solid:.1f}", c="fault-solid" if drawn > limit else "s1",
    )  # fmt: skip


# --- the dial of the live page ------------------------------------------------------------------

_RADIUS: Final = 120
_CENTER: Final = 145
_SWEEP: Final = 0.78  # of the circle; the gap is at the bottom
_FROM_DEGREES: Final = 90 + (1 - _SWEEP) * 180
_ROUND: Final = 2 * math.pi * _RADIUS


def dial(share: float | None, *, target: float | None = None, color: str = "charge-solid") -> SafeString:
    """An open ring filled to `share` (0..1) with a mark at `target`. The figure inside says it in words."""
    filled = min(1.0, max(0.0, share or 0.0)) * _SWEEP * _ROUND
    return format_html(
        '<svg viewBox="0 0 290 256" aria-hidden="true">{}{}{}</svg>',
        _arc(_SWEEP * _ROUND, "surface-3"),
        _arc(filled, color) if filled else "",
        _mark(target) if target is not None else "",
    )


def _arc(length: float, color: str) -> SafeString:
    return format_html(
        '<circle cx="{c}" cy="{c}" r="{r}" fill="none" stroke="var(--{color})" stroke-width="18"'
        ' stroke-linecap="round" stroke-dasharray="{length} {round}" transform="rotate({deg} {c} {c})"/>',
        c=_CENTER,
        r=_RADIUS,
        color=color,
        length=f"{length:.1f}",
        round=f"{_ROUND:.1f}",
        deg=f"{_FROM_DEGREES:.1f}",
    )


def _mark(share: float) -> SafeString:
    angle = math.radians(_FROM_DEGREES + min(1.0, max(0.0, share)) * _SWEEP * 360)
    x1, y1, x2, y2 = (
        f"{_CENTER + r * f(angle):.1f}" for r in (_RADIUS - 14, _RADIUS + 14) for f in (math.cos, math.sin)
    )
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}"'
        ' stroke="var(--text)" stroke-width="3.5" stroke-linecap="round"/>',
        x1,
        y1,
        x2,
        y2,
    )
