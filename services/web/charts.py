"""Charts as shapes with classes: no script, no style of their own. Policy, themes and print need nothing more."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

OTHERS = "Others"
COLORS = 7  # as many as the stylesheet has; what is left shares the last one
WIDTH, HALF, HEIGHT = 880, 540, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 10, 28  # margins, in units of the drawing
LETTER = 9  # of a label, so that it fits in the larger type of a phone, too
CROWDED = 8  # labels; of more, a phone shows every second one
BAR = 0.66  # of the room of a label that its column takes
Value = float | int | None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A rectangle of a column: where, which color, what it says, and the address behind it."""

    x: str
    y: str
    width: str
    height: str
    color: int
    title: str
    link: str | None


def stacked_bars(
    labels: Sequence[str],
    series: Mapping[str, Sequence[Value]],
    say: Callable[[Any], str],
    *,
    links: Mapping[tuple[str, str], str] | None = None,
    width: int = WIDTH,
    colors: Mapping[str, int] | None = None,
) -> Markup:
    """A column for each label, a color for each series. `links`: (series, label) -> address; `colors`: by series."""
    columns = [[values[n] or 0 for values in series.values()] for n in range(len(labels))]
    scale = _Scale(max((sum(column) for column in columns), default=0), len(labels), width)
    shapes = []
    for n, label in enumerate(labels):
        below = 0.0
        for place, (name, value) in enumerate(zip(series, columns[n], strict=True)):
            if value:
                color = (colors or {}).get(name, place) % COLORS
                title = f"{name}, {label}: {say(value)}"
                shapes.append(
                    scale.shape(n, below, float(value), color=color, title=title, link=(links or {}).get((name, label)))
                )
            below += float(value)
    return _drawn(scale, labels, shapes, say)


def bars(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], say: Callable[[Any], str], width: int = WIDTH
) -> Markup:
    """Columns of one series, or of several next to each other."""
    many = max(len(series), 1)
    scale = _Scale(max((v or 0 for values in series.values() for v in values), default=0), len(labels), width, many)
    shapes = [
        scale.shape(n, 0.0, float(value), color=place % COLORS, title=f"{label}: {say(value)}", place=place)
        for place, values in enumerate(series.values())
        for n, (label, value) in enumerate(zip(labels, values, strict=True))
        if value
    ]
    return _drawn(scale, labels, shapes, say)


class _Scale:
    """From figures to places in the drawing."""

    def __init__(self, top: float, labels: int, width: int, many: int = 1) -> None:
        self.ticks = ticks(top)
        self.width = width
        self.room = (width - LEFT - RIGHT) / max(labels, 1)
        self._many = many

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / self.ticks[-1])

    def center(self, n: int) -> float:
        return LEFT + self.room * (n + 0.5)

    def shape(
        self, n: int, below: float, value: float, *, color: int, title: str, link: str | None = None, place: int = 0
    ) -> Shape:
        wide = self.room * BAR / self._many
        x = self.center(n) - self.room * BAR / 2 + wide * place
        bottom, top = self.y(below), self.y(below + value)
        return Shape(
            x=f"{x:.1f}",
            y=f"{top:.1f}",
            width=f"{wide:.1f}",
            height=f"{max(bottom - top, 0.5):.1f}",
            color=color,
            title=title,
            link=link,
        )


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to just above the top, four to six of them."""
    if top <= 0:
        return [0, 1]
    size = 10.0 ** math.floor(math.log10(top))
    step = next(part * size for part in (0.2, 0.25, 0.5, 1, 2) if top / (part * size) <= 5)
    return [step * number for number in range(math.ceil(top / step) + 1)]


def _drawn(scale: _Scale, labels: Sequence[str], shapes: Sequence[Shape], say: Callable[[Any], str]) -> Markup:
    told = _TEMPLATE.render(
        width=scale.width,
        height=HEIGHT,
        left=LEFT,
        right=scale.width - RIGHT,
        base=f"{scale.y(0):.1f}",
        guides=[(f"{scale.y(tick):.1f}", say(tick)) for tick in scale.ticks],
        labels=[(f"{scale.center(n):.1f}", _fitting(label, scale.room), label) for n, label in enumerate(labels)],
        crowded=len(labels) > CROWDED,
        shapes=shapes,
    )
    return Markup(told)  # noqa: S704  the template escapes whatever is put into it


def _fitting(label: str, room: float) -> str:
    """As much of a label as has room below its column; the whole of it is its title."""
    most = max(int(room / LETTER), 4)
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}\u2026"


_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<svg class="chart" viewBox="0 0 {{ width }} {{ height }}" aria-hidden="true" focusable="false">
{% for y, text in guides %}
<line class="guide" x1="{{ left }}" x2="{{ right }}" y1="{{ y }}" y2="{{ y }}"></line>
<text class="tick" x="{{ left - 8 }}" y="{{ y }}" dy="4">{{ text }}</text>
{% endfor %}
{% for shape in shapes %}
{% if shape.link %}<a href="{{ shape.link }}" tabindex="-1">{% endif %}
<rect class="bar color-{{ shape.color }}" x="{{ shape.x }}" y="{{ shape.y }}"
  width="{{ shape.width }}" height="{{ shape.height }}" rx="1.5"><title>{{ shape.title }}</title></rect>
{% if shape.link %}</a>{% endif %}
{% endfor %}
{% for x, text, whole in labels %}
{% set looks = ("spare" if crowded and loop.revindex is even) ~ (" long" if text | length > 5) %}
<text class="label {{ looks }}" x="{{ x }}" y="{{ height - 8 }}">{{ text }}
  {%- if text != whole %}<title>{{ whole }}</title>{% endif %}</text>
{% endfor %}
</svg>
""")


def colors_of(payers: Sequence[str]) -> dict[str, int]:
    """A payer keeps its color on every page and at every date: bound to the order of all payers by name."""
    return {payer: place % (COLORS - 1) for place, payer in enumerate(sorted(payers))} | {OTHERS: COLORS - 1}
