"""The yearly figures of Part B, which CMS publishes in notices: a small TOML, described in docs/rule-packs.md."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from services.rule_files.packs import FileKind, Reading, Standing, Values, pack_content, period, set_into
from services.rule_files.published import PublishedFile, RuleFileError

AMOUNTS = (
    "deductible",
    "kx_threshold",
    "kx_review",
    "kx_alert",
    "conversion_factor",
    "conversion_factor_qp",
    "sequestration",
    "coinsurance",
    "appeal_hearing",
    "appeal_court",
)
KNOWN = frozenset({"year", "source", *AMOUNTS})
_ALERT_DISTANCE = Decimal(280)  # our own rule: what a visit or two cost


def read_figures(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """One pack for each figure given. Raises RuleFileError, naming the figure."""
    return [reading for file in files for reading in _figures(file, standing)]


def parsed(file: PublishedFile) -> dict[str, Any] | None:
    """The file as TOML with a year; None where it is none."""
    try:
        told = tomllib.loads(file.beginning.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return told if "year" in told and "pack_id" not in told else None


def _figures(file: PublishedFile, standing: Standing) -> Iterator[Reading]:
    told = parsed(file) or {}
    if unknown := sorted(told.keys() - KNOWN):
        raise RuleFileError(f"{file.name}: unknown {', '.join(unknown)}; known are {', '.join(sorted(KNOWN))}")
    year, source = told.get("year"), str(told.get("source", "")).strip()
    if not isinstance(year, int) or not 2010 <= year <= 2099:
        raise RuleFileError(f"{file.name}: year is a number such as 2027")
    if not source:
        raise RuleFileError(f"{file.name}: source is missing; write the notice the figures come from")
    figures = {"source": source} | {name: _figure(file, name, told[name]) for name in AMOUNTS if name in told}
    made = [make(figures, year, standing) for make in _MAKERS]
    found = [content for content in made if content]
    if not found:
        raise RuleFileError(f"{file.name}: no figure; known are {', '.join(AMOUNTS)}")
    for content in found:
        yield Reading(
            kind=FileKind.FIGURES,
            files=(file.name,),
            title=f"Part B amounts: {content['kind']}",
            covers=f"{year}",
            content=content,
            rows=1,
            kept=1,
            why="as written in the file",
        )


def _figure(file: PublishedFile, name: str, value: Any) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(-1)
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise RuleFileError(f"{file.name}: {name} is a number from zero up, in quotes to keep its decimals")
    return str(value)


Figures = Mapping[str, str]


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _content(standing: Standing, figures: Figures, year: int, pack_id: str, new: Values) -> Values:
    """A pack with a new period set into those in force; figures are set into packs that ship."""
    periods = set_into(standing.periods(pack_id), new)
    return pack_content(
        standing,
        pack_id=pack_id,
        kind=standing.packs[pack_id].kind,
        label=f"{year}",
        source=figures["source"],
        periods=periods,
    )


def _deductible(figures: Figures, year: int, standing: Standing) -> Values | None:
    if "deductible" not in figures:
        return None
    new = period(*_year(year), {"amount": f"{Decimal(figures['deductible']):.2f}"})
    return _content(standing, figures, year, "cms.part_b_deductible", new)


def _coinsurance(figures: Figures, year: int, standing: Standing) -> Values | None:
    if "coinsurance" not in figures:
        return None
    new = period(date(year, 1, 1), None, {"rate": figures["coinsurance"]})
    return _content(standing, figures, year, "cms.part_b_coinsurance", new)


def _sequestration(figures: Figures, year: int, standing: Standing) -> Values | None:
    if "sequestration" not in figures:
        return None
    new = period(date(year, 1, 1), None, {"rate": figures["sequestration"]})
    return _content(standing, figures, year, "cms.sequestration", new)


def _kx(figures: Figures, year: int, standing: Standing) -> Values | None:
    if "kx_threshold" not in figures:
        return None
    known = standing.periods("kx")
    before: Values = known[-1]["values"] if known else {"comparator": ">", "programs": ["original_medicare"]}
    threshold = Decimal(figures["kx_threshold"])
    review = Decimal(figures.get("kx_review", before.get("review", "3000")))
    alert = Decimal(figures.get("kx_alert", threshold - _ALERT_DISTANCE))
    amounts = {"threshold": f"{threshold:.2f}", "review": f"{review:.2f}", "alert": f"{alert:.2f}", "confidence": "H"}
    values = before | amounts
    return _content(standing, figures, year, "kx", period(*_year(year), values))


def _factors(figures: Figures, year: int, standing: Standing) -> Values | None:
    """The factor alone prices nothing, but says which it is until the relative values come."""
    if "conversion_factor" not in figures:
        return None
    factors = {name: figures[name] for name in ("conversion_factor", "conversion_factor_qp") if name in figures}
    known = standing.periods(f"cms.pfs.{year}")
    if known and all(p["values"].items() >= factors.items() for p in known):
        return None  # the relative value file said so already
    periods = [p | {"values": p["values"] | factors} for p in known] or [period(*_year(year), dict(factors))]
    return pack_content(
        standing,
        pack_id=f"cms.pfs.{year}",
        kind="pfs",
        label=_label(standing, year),
        source=figures["source"],
        periods=periods,
    )


def _label(standing: Standing, year: int) -> str:
    pack = standing.packs.get(f"cms.pfs.{year}")
    return pack.version.partition(".")[0] if pack else "cf-1"


def _appeals(figures: Figures, year: int, standing: Standing) -> Values | None:
    """The amounts in controversy of a year (42 CFR 405.1006), by the date an appeal is filed."""
    known = standing.periods("appeal-medicare")
    if "appeal_hearing" not in figures or "appeal_court" not in figures or not known:
        return None
    starts, ends = _year(year)
    added = {
        "filed_from": starts.isoformat(),
        "filed_to": ends.isoformat(),
        **{name: f"{Decimal(figures[f'appeal_{name}']):.2f}" for name in ("hearing", "court")},
    }
    last = known[-1]
    others = [m for m in last["values"].get("minimums", ()) if m["filed_from"] != added["filed_from"]]
    periods = [*known[:-1], last | {"values": last["values"] | {"minimums": [*others, added]}}]
    pack = standing.packs["appeal-medicare"]
    return pack_content(
        standing,
        pack_id="appeal-medicare",
        kind="appeal",
        label=f"{year}",
        basis=pack.basis,
        source=figures["source"],
        periods=periods,
        scope=pack.scope,
    )


_MAKERS: tuple[Callable[[Figures, int, Standing], Values | None], ...] = (
    _deductible,
    _coinsurance,
    _sequestration,
    _kx,
    _factors,
    _appeals,
)
