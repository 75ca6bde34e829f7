"""Denials and payers: what was decided over time and why, how payers answer, which denials wait for us.

A further figure is one more read here and one more section in the template.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.presentation.formatting import percent, whole_dollars
from services.reads.list_counts import payers
from services.reads.patterns import patterns
from services.reads.payer_names import payer_names
from services.reads.payer_patterns import decisions, month_names, open_work, response_clocks
from services.web.charts import COLORS, HALF, OTHERS, bars, colors_of, stacked_bars
from services.web.pages import page

MOST = 20  # rows of a table; the command line and the API give all
PatternPayer = Annotated[str, Query(max_length=200)]
Months = Annotated[int, Query(ge=3, le=36)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/patterns")
def get_patterns(request: Request, context: AtDesk, payer: PatternPayer = "", months: Months = 12) -> HTMLResponse:
    """Over the last months, by payer."""
    names = month_names(context, months)
    told = patterns(context, by="payer", payer=payer or None, since=date.fromisoformat(f"{names[0]}-01"))
    found = decisions(context, months, payer or None)
    labels = [f"{date.fromisoformat(name + '-01'):{'%b' if months <= 12 else '%m/%y'}}" for name in names]
    called = payer_names(context).of
    worth = {called(payer): values for payer, values in _series(found, names, "worth").items()}
    colors = {called(payer): color for payer, color in colors_of(payers(context)).items()}
    return page(
        request,
        context,
        "patterns.html",
        section="/patterns",
        payer=payer,
        payers=payers(context),
        months=months,
        totals=_totals(found),
        clocks=[c for c in response_clocks(context) if payer in ("", c["payer_id"])],
        work=[w for w in open_work(context) if payer in ("", w["payer_id"])],
        shares=_shares(found),
        worth=stacked_bars(labels, worth, whole_dollars, width=HALF, colors=colors)
        if any(map(any, worth.values()))
        else None,
        series=list(worth),
        colors=colors,
        share_chart=_share_chart(found, called),
        rates=told["metrics"],
        codes=told["denials"][:MOST],
        rejections=told["rejections"][:MOST],
        lags={row["payer_id"]: row for row in told["lags"]},
        silences=told["silences"][:MOST],
    )


def _series(found: Iterable[Mapping[str, Any]], months: Sequence[str], what: str) -> dict[str, list[float]]:
    """By payer, a value a month; beyond as many payers as there are colors, the rest together."""
    by_payer: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in found:
        by_payer[row["payer_id"] or "no payer"][row["month"]] += float(row[what])
    largest = sorted(by_payer, key=lambda name: (-sum(by_payer[name].values()), name))
    kept = largest if len(largest) <= COLORS else largest[: COLORS - 1]
    told = {name: [by_payer[name].get(month, 0.0) for month in months] for name in kept}
    if rest := largest[len(kept) :]:
        told[OTHERS] = [sum(by_payer[name].get(month, 0.0) for name in rest) for month in months]
    return told


def _totals(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    lines = sum(row["lines"] for row in found)
    denied = sum(row["denied"] for row in found)
    worth = sum((Decimal(row["worth"]) for row in found), Decimal(0))
    return {"lines": lines, "denied": denied, "worth": worth, "share": _share(denied, lines)}


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)


def _shares(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each payer over the whole time, the most denied money first."""
    by_payer: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        by_payer[row["payer_id"] or "no payer"].append(row)
    told = [{"payer_id": payer} | _totals(rows) for payer, rows in by_payer.items()]
    return sorted(told, key=lambda row: (-row["worth"], row["payer_id"]))


def _share_chart(found: Iterable[Mapping[str, Any]], called: Callable[[str], str]) -> Any:
    rows = [row for row in _shares(found) if row["lines"]][:12]
    if not rows:
        return None
    values = [100 * row["denied"] / row["lines"] for row in rows]
    return bars([called(row["payer_id"]) for row in rows], {"denied": values}, lambda value: f"{value:.0f}%", HALF)
