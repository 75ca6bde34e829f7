"""Charts as shapes with classes: no script, no style of their own. Policy, themes and print need nothing more."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup

XLINK = "{http://www.w3.org/1999/xlink}href"
# pygal hangs a finder of its plugins into every import of the process, in a form that Python warns of. We use none.
sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("pygal")]
DROPPED = frozenset({"style", "script", "defs", "title"})
COLORS = 7  # as many as the stylesheet has; what is left shares the last one
WIDTH, HALF, HEIGHT = 880, 540, 260
Value = float | int | None


def stacked_bars(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], say: Callable[[Any], str],
    links: Mapping[tuple[str, str], str] | None = None, width: int = WIDTH,
) -> Markup:  # fmt: skip
    """A column for each label, a color for each series. `links`: (series, label) -> address."""
    chart = pygal.StackedBar(**_config(say, width))
    return _drawn(chart, labels, series, links or {})


def bars(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], say: Callable[[Any], str], width: int = WIDTH
) -> Markup:
    """Columns side by side."""
    return _drawn(pygal.Bar(**_config(say, width)), labels, series, {})


def lines(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], say: Callable[[Any], str], width: int = WIDTH
) -> Markup:
    """A line for each series over time."""
    return _drawn(pygal.Line(**_config(say, width), dots_size=3, stroke=True), labels, series, {})


def _config(say: Callable[[Any], str], width: int) -> dict[str, Any]:
    return {
        "width": width, "height": HEIGHT, "js": [], "css": [], "show_legend": False, "margin": 0, "margin_top": 8,
        "margin_left": 14, "spacing": 8, "disable_xml_declaration": True, "no_prefix": True, "rounded_bars": 2,
        "value_formatter": say, "include_x_axis": True,
        "show_x_guides": False, "truncate_label": -1, "print_values": False, "human_readable": True,
    }  # fmt: skip


def _drawn(
    chart: Any, labels: Sequence[str], series: Mapping[str, Sequence[Value]], links: Mapping[tuple[str, str], str]
) -> Markup:
    chart.x_labels = list(labels)
    stacked = isinstance(chart, pygal.StackedBar)
    chart.y_labels = ticks(_top(series, stacked=stacked))
    for name, values in series.items():
        chart.add(name, [_value(name, v, links.get((name, label))) for label, v in zip(labels, values, strict=True)])
    chart.add_xml_filter(_plain)
    chart.add_xml_filter(_titled)
    return Markup(chart.render(is_unicode=True))  # noqa: S704  shapes and numbers; names are escaped by its tree


def _top(series: Mapping[str, Sequence[Value]], *, stacked: bool) -> float:
    columns = zip(*series.values(), strict=True)
    add = sum if stacked else max
    return max((add([float(v or 0) for v in column]) for column in columns), default=0)


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to just above the top, four to six of them."""
    if top <= 0:
        return [0, 1]
    size = 10.0 ** math.floor(math.log10(top))
    step = next(part * size for part in (0.2, 0.25, 0.5, 1, 2) if top / (part * size) <= 5)
    return [step * number for number in range(math.ceil(top / step) + 1)]


def _value(name: str, value: Value, link: str | None) -> Any:
    if value is None:
        return None
    return {"value": value, "label": name} | ({"xlink": {"href": link}} if link else {})


def _plain(root: Any) -> Any:
    """Without styles, scripts, the tooltip layer, comments and whatever else the stylesheet could not govern."""
    for parent in list(root.iter()):
        for child in list(parent):
            layer = child.tag == "g" and "tooltip" in child.get("class", "")
            if not isinstance(child.tag, str) or child.tag in DROPPED or layer:
                parent.remove(child)
        parent.attrib.pop("style", None)
    root.attrib.pop("id", None)
    for name, value in (("class", "chart"), ("aria-hidden", "true"), ("focusable", "false")):
        root.set(name, value)
    return root


def _titled(root: Any) -> Any:
    """Descriptions that only a script could show become the title that every browser shows."""
    for group in list(root.iter()):
        notes = [child for child in group if child.tag == "desc"]
        if group.tag == "a":
            _link(group)
        if not notes:
            continue
        told = {child.get("class"): child.text or "" for child in notes}
        for child in notes:
            group.remove(child)
        title = ET.Element("title")
        title.text = f"{', '.join(filter(None, (told.get('label'), told.get('x_label'))))}: {told.get('value', '')}"
        group.insert(0, title)
    return root


def _link(group: Any) -> None:
    group.set("href", group.attrib.pop(XLINK, ""))
    group.set("tabindex", "-1")  # the table beside has the same link, for the keyboard
    group.attrib.pop("target", None)
