"""Curves over time made on the server as SVG: power of a charge, load of a site.

Each is one picture with `role=img` and a sentence that says what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.ui.charts import Point, path


@dataclass(frozen=True, slots=True)
class Series:
    """One line: points of (x, y), any unit. `dashed` is a forecast, `filled` puts a tint under it."""

    points: Sequence[Point]
    color: str = "s1"
    dashed: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """`x_labels` are (x, text); `limit` draws a dashed line across; `now` a mark on the x axis."""

    x_labels: Sequence[tuple[float, str]] = ()
    limit: float | None = None
    now: float | None = None
    unit: str = ""
    width: int = 344
    height: int = 136


_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 14, 24


def curve(series: Sequence[Series], *, sentence: str, axes: Axes | None = None) -> SafeString:
    """A chart with `role=img` whose label is `sentence`. Empty when no series has two points."""
    axes = axes or Axes()
    points = [point for line in series for point in line.points]
    if len(points) < 2:
        return SafeString("")
    frame = _Frame.around(points, axes)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        axes.width,
        axes.height,
        sentence,
        _grid(frame, axes),
        format_html_join("", "{}", ((_line(frame, line),) for line in series)),
        _limit(frame, axes),
        _now(frame, axes),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    x_low: float
    x_high: float
    y_top: float
    step: float
    axes: Axes

    @classmethod
    def around(cls, points: Sequence[Point], axes: Axes) -> _Frame:
        highest = max(max(y for _x, y in points), axes.limit or 0, 1e-9)
        step = _nice_step(highest / 3)
        xs = [x for x, _y in points]
        return cls(min(xs), max(xs), step * math.ceil(highest / step), step, axes)

    def x(self, value: float) -> float:
        span = (self.x_high - self.x_low) or 1
        return _LEFT + (value - self.x_low) / span * (self.axes.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _TOP + (1 - value / self.y_top) * (self.axes.height - _TOP - _BOTTOM)

    def at(self, point: Point) -> Point:
        return self.x(point[0]), self.y(point[1])


def _nice_step(raw: float) -> float:
    scale = 10.0 ** math.floor(math.log10(raw))
    return next((n * scale for n in (1, 2, 2.5, 5) if n * scale >= raw), 10 * scale)


def _grid(frame: _Frame, axes: Axes) -> SafeString:
    steps = range(round(frame.y_top / frame.step) + 1)
    lines = format_html_join(
        "",
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="var(--grid)"/>'
        '<text class="chart-text" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (
                _LEFT,
                axes.width - _RIGHT,
                f"{y:.1f}",
                f"{y:.1f}",
                _LEFT - 6,
                f"{y + 4:.1f}",
                f"{value:g}{axes.unit}",
            )
            for value, y in ((i * frame.step, frame.y(i * frame.step)) for i in steps)
        ),
    )
    labels = format_html_join(
        "",
        '<text class="chart-text" x="{}" y="{}" text-anchor="{}">{}</text>',
        ((f"{frame.x(x):.1f}", axes.height - 6, _anchor(frame, x), text) for x, text in axes.x_labels),
    )
    return format_html("{}{}", lines, labels)


def _across(axes: Axes, y: float) -> tuple[int, int, str, str]:
    return _LEFT, axes.width - _RIGHT, f"{y:.1f}", f"{y:.1f}"


def _anchor(frame: _Frame, x: float) -> str:
    if x <= frame.x_low:
        return "start"
    return "end" if x >= frame.x_high else "middle"


def _line(frame: _Frame, line: Series) -> SafeString:
    if len(line.points) < 2:
        return SafeString("")
    points = [frame.at(point) for point in line.points]
    floor = f"{frame.y(0):.1f}"
    area = f"{path(points)} L{points[-1][0]:.1f} {floor} L{points[0][0]:.1f} {floor}Z"
    tint = format_html('<path d="{}" fill="var(--{})" opacity=".13"/>', area, line.color)
    return format_html(
        '{}<path d="{}" fill="none" stroke="var(--{})" stroke-width="2.5" stroke-linejoin="round"{}/>',
        tint if line.filled else "",
        path(points),
        line.color,
        SafeString(' stroke-dasharray="3 4"') if line.dashed else "",
    )


def _limit(frame: _Frame, axes: Axes) -> SafeString:
    if axes.limit is None:
        return SafeString("")
    return format_html(
        '<line x1="{}" x2="{}" y1="{}" y2="{}"'
        ' stroke="var(--fault-solid)" stroke-width="1.5" stroke-dasharray="8 5"/>',
        *_across(axes, frame.y(axes.limit)),
    )


def _now(frame: _Frame, axes: Axes) -> SafeString:
    if axes.now is None:
        return SafeString("")
    x = f"{frame.x(axes.now):.1f}"
    return format_html(
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="var(--text-3)"/>', x, x, _TOP, f"{frame.y(0):.1f}"
    )
