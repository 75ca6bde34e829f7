"""The worklists over many open claims, each next to the bare query that gives the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from projections.tables.columns import to_micros
from services.core.clock import Stopwatch
from services.core.errors import ClaimclockError
from services.demo.world import DEMO_AT, DEMO_ZONE
from services.devtools.bench.desk_rows import PAYERS, PRACTICE, TODAY, fill, typed
from services.devtools.bench.figures import Measure, Tick, interleaved, middle, ratio
from services.devtools.bench.servers import Databases, SqliteFiles, postgres_databases
from services.reads.aging import aging
from services.reads.aging_claims import aged_claims
from services.reads.find import find
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.engine import open_engine
from services.store.reference import References, ref_maker

PAGE = 50
FAR = 100  # the page that represents all later ones
REPEATS = 25  # of this many turns one measurement is the quickest
LONG = 2.0  # seconds after which it has been repeated often enough
GIVEN = {"practice": PRACTICE, "at": to_micros(DEMO_AT)} | {
    f"day{days}": (TODAY - timedelta(days=days)).isoformat() for days in (30, 60, 90, 120)
}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One list: as the application reads it, and as one would by hand.

    `place`: what both are ordered by, never the same.
    """

    read: Callable[..., Any]  # (desk, limit=, cursor=) -> a page
    columns: str
    source: str
    place: str


_ITEMS = "FROM work_item WHERE practice = :practice AND (snoozed_until IS NULL OR snoozed_until <= :at)"
_URGENCY = "lost_on, CASE WHEN overdue_at <= :at THEN 0 ELSE 1 END, amount_order, claim_id, kind, item"
# One row for each claim, its most urgent item: none of the same claim comes before it.
_MORE_URGENT = (
    "SELECT 1 FROM work_item other WHERE other.practice = work_item.practice AND other.claim_id = work_item.claim_id"
    " AND (other.snoozed_until IS NULL OR other.snoozed_until <= :at) AND"
    " (other.lost_on, CASE WHEN other.overdue_at <= :at THEN 0 ELSE 1 END, other.amount_order, other.kind, other.item)"
    " < (work_item.lost_on, CASE WHEN work_item.overdue_at <= :at THEN 0 ELSE 1 END, work_item.amount_order,"
    " work_item.kind, work_item.item)"
)
_SINCE = "coalesce(dos, sent_on, '9999-12-31')"
_AGE = f"{_SINCE}, claim_id"
_BALANCE = f"ref, claim_id, patient_id, payer_id, status, charge, paid, {_SINCE}, payer_balance"
_OWED = "FROM claim WHERE practice = :practice AND payer_balance <> 0"
_OLDEST = f"{_OWED} AND {_SINCE} < :day120"
LISTS: Mapping[str, Listed] = {
    "today": Listed(read=worklist, columns="*", source=f"{_ITEMS} AND NOT EXISTS ({_MORE_URGENT})", place=_URGENCY),
    "denials": Listed(
        read=partial(worklist, kind="denial"), columns="*", source=f"{_ITEMS} AND kind = 'denial'", place=_URGENCY
    ),
    "aging": Listed(read=partial(aged_claims, owner="payer"), columns=_BALANCE, source=_OWED, place=_AGE),
    "aging, 121+": Listed(
        read=partial(aged_claims, owner="payer", bucket="121+"), columns=_BALANCE, source=_OLDEST, place=_AGE
    ),
    "aging, 121+ of a payer": Listed(
        read=partial(aged_claims, owner="payer", bucket="121+", payer=PAYERS[3]),
        columns=_BALANCE,
        source=f"{_OLDEST} AND payer_id = '{PAYERS[3]}'",
        place=_AGE,
    ),
}
_BUCKET = (
    f"CASE WHEN {_SINCE} >= :day30 THEN 30 WHEN {_SINCE} >= :day60 THEN 60 WHEN {_SINCE} >= :day90 THEN 90"
    f" WHEN {_SINCE} >= :day120 THEN 120 ELSE 121 END"
)


class UnlikeError(ClaimclockError):
    """The application and the bare query gave different rows: then their times cannot be compared."""


@dataclass(frozen=True)
class BenchDatabase:
    """A filled database. Every `Measure` it makes gives milliseconds."""

    context: ReadContext

    def subjects(self) -> dict[str, Measure]:
        """Each read, and under the same name with `bare` behind it what it is compared with."""
        found: dict[str, Measure] = {}
        for name, listed in LISTS.items():
            found |= self._page(f"{name}: page 1", listed, None, {})
            start = PAGE * (FAR - 1)
            cursor = listed.read(self.context, limit=start).next_cursor
            if cursor is not None:
                found |= self._page(f"{name}: page {FAR}", listed, cursor, self._last(listed, start))
        sums = self._bare(f"payer_id, {_BUCKET}, count(*), sum(payer_balance)", f"{_OWED} GROUP BY 1, 2", "1, 2")
        return found | _pair("aging, the table", partial(aging, self.context, owner="payer"), sums)

    def _page(self, name: str, listed: Listed, cursor: str | None, after: dict[str, Any]) -> dict[str, Measure]:
        source = listed.source
        if after:
            source += f" AND ({listed.place}) > ({', '.join(f':{key}' for key in after)})"
        bare = self._bare(listed.columns, source, f"{listed.place} LIMIT {PAGE + 1}", **after)
        own = partial(listed.read, self.context, limit=PAGE, cursor=cursor)
        if [item["claim_id"] for item in own().items] != [row.claim_id for row in bare()][:PAGE]:
            raise UnlikeError(f"{name}: the desk gives other rows than the bare query")
        return _pair(name, own, bare)

    def _last(self, listed: Listed, count: int) -> dict[str, Any]:
        """Where the row is after which the far page begins."""
        (row,) = self._bare(listed.place, listed.source, f"{listed.place} LIMIT 1 OFFSET {count - 1}")()
        return {f"p{n}": value for n, value in enumerate(row)}

    def _bare(self, columns: str, source: str, order: str, **values: Any) -> Callable[[], Sequence[Any]]:
        """A connection of the same pool, the query, its rows as they come."""
        asked = text(f"SELECT {columns} {source} ORDER BY {order}")
        known = {name: (GIVEN | values)[name] for name in asked.compile().params}

        def ask() -> Sequence[Any]:
            with self.context.engine.connect() as connection:
                return connection.execute(asked, known).all()

        return ask


def _pair(name: str, own: Callable[[], Any], bare: Callable[[], Any]) -> dict[str, Measure]:
    return {name: lambda: milliseconds(own), f"{name} bare": lambda: milliseconds(bare)}


def milliseconds(ask: Callable[[], Any]) -> float:
    """The quickest of some turns, since what else the machine does only adds; less of them where one takes long."""
    found: list[float] = []
    whole = Stopwatch()
    while len(found) < REPEATS and (not found or whole.seconds < LONG):
        watch = Stopwatch()
        ask()
        found.append(1000 * watch.seconds)
    return min(found)


def bench_desk(directory: Path, claims: int, rounds: int, tick: Tick, postgres: str | None = None) -> dict[str, Any]:
    """The `desk` part of the report. Raises ClaimclockError where a database is out of reach."""
    told, searches = [], []
    with postgres_databases(postgres, directory) as server:
        for databases in (SqliteFiles(directory), server):
            if databases is not None:
                with _filled(databases, claims, tick) as place:
                    told += _told(databases.name, interleaved(place.subjects(), rounds, tick))
                    searches += _searches(databases.name, place.context, claims)
    skipped = [] if server else ["postgresql: no --postgres URL, no CLAIMCLOCK_DATABASE_URL and no development wheel"]
    return {"claims": claims, "page": PAGE, "rounds": rounds, "reads": told, "searches": searches, "skipped": skipped}


@contextmanager
def _filled(databases: Databases, claims: int, tick: Tick) -> Iterator[BenchDatabase]:
    with databases.fresh() as url:
        engine = open_engine(url)
        try:
            fill(engine, claims, tick)
            context = ReadContext(
                engine=engine,
                references=References(ZoneInfo(DEMO_ZONE), ref_maker(b"bench")),
                practice=PRACTICE,
                at=DEMO_AT,
            )
            yield BenchDatabase(context)
        finally:
            engine.dispose()


def _searches(database: str, context: ReadContext, claims: int) -> list[dict[str, Any]]:
    """The search box by kind of text typed: the quickest of some turns."""
    return [
        {"database": database, "typed": kind, "ms": round(milliseconds(partial(find, context, text)), 2)}
        for kind, text in typed(claims).items()
    ]


def _told(database: str, found: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    return [
        {
            "database": database,
            "read": name,
            "ms": middle(own),
            "bare_ms": middle(found[f"{name} bare"]),
            "ratio": ratio(own, found[f"{name} bare"]),
        }
        for name, own in found.items()
        if not name.endswith(" bare")
    ]
