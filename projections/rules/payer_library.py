"""Templates of payers' terms: what public sources say, and the policy that adopting one would publish.

A template judges nothing. A practice adopts it, for one of its own payers, in or out of the network; what its contract
says takes precedence over a template. Each figure has its source; one without a source is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from events.term_words import Anchor
from events.terms import PolicyPublished
from projections.rules.windows import WindowError, read_window

CALLED = "x_called"  # in a policy: what the practice itself calls the payer
ENTER = "enter from your contract"
FIELDS = ("filing", "filing_secondary", "corrected", "appeal")
TERM_NAMES = {
    "filing": "filing limit",
    "filing_secondary": "filing limit as secondary",
    "corrected": "corrected claim",
    "appeal": "appeal",
}
_PARTS = ("length", "unit", "anchor", "counts", "roll")
_SOURCED = ("source", "confidence", "note")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class TemplateError(ValueError):
    """A template that may not ship, and why."""


class Network(StrEnum):
    IN = "in"
    OUT = "out"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One window of a template. `term`: one of FIELDS; `levels`: of appeals, several where they share the window.

    `source_date` is as exact as the source gives it: a year, a month, a day, or None where it has no date.
    """

    term: str
    window: Mapping[str, Any]
    network: Network
    levels: tuple[int, ...]
    source: str
    source_date: str | None
    read_on: date
    confidence: str
    note: str | None

    @property
    def title(self) -> str:
        return TERM_NAMES[self.term] + (f", level {' and '.join(map(str, self.levels))}" if self.levels else "")

    @property
    def words(self) -> str:
        """For people: 90 days from the date of service."""
        return read_window(self.window, "template", Anchor.DOS).words

    def applies(self, network: Network) -> bool:
        return self.network in (Network.ANY, network)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A payer or program, its names and identifiers, and the figures that could be read."""

    id: str
    name: str
    program: str
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    state: str | None
    note: str | None
    figures: tuple[Figure, ...]

    def of(self, network: Network) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if figure.applies(network))

    def empty(self, network: Network) -> tuple[str, ...]:
        """The terms nobody could read: to be entered from the contract."""
        filled = {figure.term for figure in self.of(network)}
        return tuple(field for field in FIELDS if field not in filled)


def read_templates(contents: Iterable[Mapping[str, Any]]) -> tuple[Template, ...]:
    """All templates of the files' contents, by id. Raises TemplateError on a figure without its source."""
    found = [_template(stated) for content in contents for stated in content["payers"]]
    if len({template.id for template in found}) != len(found):
        raise TemplateError("two templates have one id")
    return tuple(sorted(found, key=lambda template: template.id))


def _template(stated: Mapping[str, Any]) -> Template:
    return Template(
        id=stated["id"],
        name=stated["name"],
        program=stated["program"],
        names=tuple(stated.get("names", ())),
        identifiers=tuple(stated.get("identifiers", ())),
        state=stated.get("state"),
        note=stated.get("note"),
        figures=tuple(_figure(figure, stated["id"]) for figure in stated.get("figures", ())),
    )


def _figure(stated: Mapping[str, Any], name: str) -> Figure:
    read_on, term = stated.get("read_on"), stated.get("term")
    if term not in FIELDS or not isinstance(read_on, date) or not str(stated.get("source", "")).strip():
        raise TemplateError(f"{name}: a figure names its term, its source and when it was read")
    if stated.get("confidence") not in ("H", "M", "L"):
        raise TemplateError(f"{name}: confidence is H, M or L")
    window = {part: stated[part] for part in _PARTS if part in stated}
    try:
        read_window(window, name, Anchor.DOS)
    except WindowError as error:
        raise TemplateError(f"{name}: {error}") from error
    return Figure(
        term=term,
        window=window,
        network=Network(stated.get("network", Network.ANY)),
        levels=tuple(stated.get("levels", ())),
        source=stated["source"],
        source_date=stated.get("source_date"),
        read_on=read_on,
        confidence=stated["confidence"],
        note=stated.get("note"),
    )


def filled(templates: Iterable[Template]) -> int:
    """How many figures could be read."""
    return sum(len(template.figures) for template in templates)


def adopted_policy(
    template: Template, payer_id: str, network: Network, on: date, standing: PolicyPublished | None
) -> dict[str, Any]:
    """The data of the policy that adopting a template for a payer publishes.

    `standing`: the payer's policy in force for all plans. Its own terms stay, and what an earlier adoption brought is
    replaced: the contract decides.
    """
    kept = own_terms(standing)
    kept.pop("version", None)
    appeals = kept.pop("appeals", None)
    found: dict[str, Any] = {
        figure.term: _limit(figure, template, network) for figure in template.of(network) if figure.term != "appeal"
    }
    found["appeals"] = appeals or [*_appeals(template, network)]
    names = [*(kept.pop("names", ())), *template.names]
    identifiers = [*(kept.pop("identifiers", ())), *template.identifiers]
    policy = (
        {"program": template.program}
        | found
        | kept
        | {
            "payer_id": payer_id,
            "names": _once(names),
            "identifiers": _once(identifiers),
            "x_template": template.id,
            "x_network": network.value,
            "x_adopted_on": on.isoformat(),
        }
    )
    return {name: value for name, value in policy.items() if value not in (None, [], ())}


def own_terms(standing: PolicyPublished | None) -> dict[str, Any]:
    """What a policy states, as JSON, without the windows that a template brought."""
    if standing is None:
        return {}
    stated = standing.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    appeals = [appeal for appeal in stated.pop("appeals", ()) if not _from_template(appeal)]
    kept = {
        name: value
        for name, value in stated.items()
        if not _from_template(value) and (name == CALLED or not name.startswith("x_"))
    }
    return kept | ({"appeals": appeals} if appeals else {})


def _from_template(value: Any) -> bool:
    return isinstance(value, dict) and "x_template" in value


def _limit(figure: Figure, template: Template, network: Network) -> dict[str, Any]:
    sourced = {name: getattr(figure, name) for name in _SOURCED}
    dated = figure.source_date
    limit = (
        dict(figure.window)
        | sourced
        | {
            "read_on": figure.read_on.isoformat(),
            "x_template": template.id,
            "x_network": network.value,
            "source_date": dated if dated and _DAY.fullmatch(dated) else None,
            "x_source_date": dated,
        }
    )
    return {name: value for name, value in limit.items() if value is not None}


def _appeals(template: Template, network: Network) -> Iterator[dict[str, Any]]:
    for figure in template.of(network):
        if figure.term == "appeal":
            levels: dict[str, Any] = (
                {"levels": list(figure.levels)} if len(figure.levels) > 1 else {"level": figure.levels[0]}
            )
            yield _limit(figure, template, network) | levels


def _once(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
