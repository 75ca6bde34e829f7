"""Aging: who owes what and for how long, as a picture and a table; and the claims behind each figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor
from services.api.listing import open_cursor, seal_cursor
from services.presentation.formatting import whole_dollars
from services.presentation.labels import OWNERS
from services.reads.aging import BASES, ORDER, aging
from services.reads.aging_claims import aged_claims
from services.reads.list_counts import names_of, payers
from services.reads.payer_names import payer_names
from services.web.charts import COLORS, OTHERS, colors_of, stacked_bars
from services.web.pages import frame_of, page

PAGE_SIZE = 50
UNDATED = "undated"
BasisParam = Annotated[str, Query(pattern=f"^({'|'.join(BASES)})$")]
Owner = Annotated[str, Query(pattern="^(|payer|patient)$")]
BucketParam = Annotated[str, Query(pattern="^(|[0-9]+-[0-9]+|121\\+|undated)$")]
PayerParam = Annotated[str, Query(max_length=200)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/aging")
def get_aging(request: Request, context: AtDesk, basis: BasisParam = "dos", owner: Owner = "payer") -> HTMLResponse:
    """By payer and bucket."""
    rows = aging(context, basis=basis, owner=owner or None)
    table = _table(rows)
    buckets = [name for name in ORDER if name != UNDATED or any(UNDATED in cells for cells in table.values())]
    frame = frame_of(request, context.practice)

    def claims(payer: str | None, bucket: str | None) -> str:
        return frame.url("/aging/claims", basis=basis, owner=owner or "payer", payer=payer, bucket=bucket)

    called, series = payer_names(context).of, _series(table, buckets)
    shown = {called(payer): values for payer, values in series.items()}
    colors = {called(payer): color for payer, color in colors_of(payers(context)).items()}
    links = {
        (called(payer), bucket): claims(payer, bucket) for payer in series if payer != OTHERS for bucket in buckets
    }
    return page(
        request,
        context,
        "aging.html",
        section="/aging",
        basis=basis,
        owner=owner,
        bases=BASES,
        table=table,
        buckets=buckets,
        totals=_totals(table),
        claims=claims,
        series=list(shown),
        colors=colors,
        chart=stacked_bars(buckets, shown, whole_dollars, links=links, colors=colors) if shown else None,
    )


@router.get("/aging/claims")
def get_claims(
    request: Request,
    context: AtDesk,
    basis: BasisParam = "dos",
    owner: Annotated[str, Query(pattern="^(payer|patient)$")] = "payer",
    bucket: BucketParam = "",
    payer: PayerParam = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """The claims behind a figure."""
    found = aged_claims(
        context,
        owner=owner,
        basis=basis,
        bucket=bucket or None,
        payer=payer or None,
        limit=PAGE_SIZE,
        cursor=open_cursor(request, cursor),
    )
    request.state.detail = f"{owner} {bucket or 'all'} {payer}, {len(found.items)} rows"
    cells = _table(aging(context, basis=basis, owner=owner)).items()
    meant = [sums for name, row in cells if payer in ("", name) for age, sums in row.items() if bucket in ("", age)]
    return page(
        request,
        context,
        "aged_claims.html",
        section="/aging",
        items=found.items,
        count=sum(claims for claims, _ in meant),
        total=sum((amount for _, amount in meant), Decimal(0)),
        basis=basis,
        owner=owner,
        bucket=bucket,
        payer=payer,
        payers=payers(context),
        buckets=ORDER,
        owners=OWNERS,
        bases=BASES,
        names=names_of(context, (item["patient_id"] for item in found.items)),
        first=cursor is None,
        following=seal_cursor(request, found.next_cursor),
    )


def _table(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, tuple[int, Decimal]]]:
    """Payer -> bucket -> claims and amount; the largest payer on top."""
    found: dict[str, dict[str, tuple[int, Decimal]]] = {}
    for row in rows:
        cells = found.setdefault(row["payer_id"] or "no payer", {})
        claims, amount = cells.get(row["bucket"], (0, Decimal(0)))
        cells[row["bucket"]] = (claims + row["claims"], amount + Decimal(row["amount"]))
    return dict(sorted(found.items(), key=lambda item: (-_sum(item[1]), item[0])))


def _sum(cells: Mapping[str, tuple[int, Decimal]]) -> Decimal:
    return sum((amount for _, amount in cells.values()), Decimal(0))


def _totals(table: Mapping[str, Mapping[str, tuple[int, Decimal]]]) -> dict[str, tuple[int, Decimal]]:
    found: dict[str, tuple[int, Decimal]] = {}
    for cells in table.values():
        for bucket, (claims, amount) in cells.items():
            before = found.get(bucket, (0, Decimal(0)))
            found[bucket] = (before[0] + claims, before[1] + amount)
    return found


def _series(table: Mapping[str, Mapping[str, tuple[int, Decimal]]], buckets: Sequence[str]) -> dict[str, list[float]]:
    """One color for each of the largest payers; the rest share the last one. Credits are in the table only."""
    shown: dict[str, list[float]] = {}
    for place, (payer, cells) in enumerate(table.items()):
        values = [max(float(cells.get(bucket, (0, Decimal(0)))[1]), 0.0) for bucket in buckets]
        if len(table) > COLORS and place >= COLORS - 1:
            before = shown.get(OTHERS, [0.0] * len(buckets))
            shown[OTHERS] = [a + b for a, b in zip(before, values, strict=True)]
        else:
            shown[payer] = values
    return shown
