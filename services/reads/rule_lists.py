"""How much of the publishers' code lists is known here, and which codes that a practice meets are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from projections.rules import adjustment_codes, claim_status_words
from projections.rules.rulebook import Rulebook, Ruling
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import OutcomeKind
from services.reads.read_context import ReadContext

LINE, ATTEMPT, OUTCOME = READ_TABLES["claim_line"], READ_TABLES["claim_attempt"], READ_TABLES["claim_outcome"]
CodeList = dict[str, Any]
Met = Mapping[str, int]  # code -> claims on which it was met


@dataclass(frozen=True, kw_only=True)
class _List:
    """A publisher's list: the codes held on a day, and those met on the practice's claims."""

    name: str
    title: str
    held: Callable[[Rulebook, date], set[str]]
    met: str


def _rows(kind: str, column: str, **only: str) -> Callable[[Rulebook, date], set[str]]:
    def held(rules: Rulebook, on: date) -> set[str]:
        found = rules.pick(kind, on)
        rows: Sequence[Mapping[str, str]] = found.values.get("rows", ()) if isinstance(found, Ruling) else ()
        return {row[column] for row in rows if all(row[name] == value for name, value in only.items())}

    return held


def _reasons(rules: Rulebook, on: date) -> set[str]:
    own = _rows(adjustment_codes.KIND, "carc")(rules, on) - {"*"}
    return own | _licensed(rules, adjustment_codes.LICENSED)


def _statuses(rules: Rulebook, on: date) -> set[str]:
    own = _rows(claim_status_words.KIND, "code", list=claim_status_words.STATUS)(rules, on)
    return own | _licensed(rules, claim_status_words.LICENSED[claim_status_words.STATUS])


def _licensed(rules: Rulebook, pack_id: str) -> set[str]:
    """Codes of a publisher's list that the practice imported."""
    pack = rules.packs.get(pack_id)
    return {row["code"] for row in pack.periods[-1].values.get("rows", ())} if pack else set()


LISTS = (
    _List(name="carc", title="Adjustment reason codes (CARC)", held=_reasons, met="reasons"),
    _List(name="claim_status", title="Claim status codes (277CA)", held=_statuses, met="statuses"),
    _List(name="procedures", title="Therapy procedure codes", held=_rows("modifiers", "code"), met="procedures"),
    _List(name="pfs", title="Medicare relative values", held=_rows("pfs", "procedure"), met="therapy"),
    _List(name="mue", title="Unit maximums (MUE)", held=_rows("mue", "procedure"), met="therapy"),
)


def rule_lists(context: ReadContext) -> list[CodeList]:
    """[{list, title, known, met, unknown, claims}] as of today.

    `known`: codes held; `met`: codes on the practice's claims and answers; `unknown`: those met that are not held, the
    most frequent first; `claims`: how often these were met, a claim counted once for each code.
    """
    with context.context() as (_, reference):
        rules = reference.rules
    with context.rows() as rows:
        met = _met(rows, context.practice)
    therapy = _rows("modifiers", "code")(rules, context.today)
    met["therapy"] = {code: claims for code, claims in met["procedures"].items() if code in therapy}
    return [_told(each, each.held(rules, context.today), met[each.met]) for each in LISTS]


def _told(each: _List, held: set[str], met: Met) -> CodeList:
    unknown = sorted(met.keys() - held, key=lambda code: (-met[code], code))
    return {
        "list": each.name,
        "title": each.title,
        "known": len(held),
        "met": len(met),
        "unknown": unknown,
        "claims": sum(met[code] for code in unknown),
    }


def _met(rows: Connection, practice: str) -> dict[str, Met]:
    procedures = _counted(rows, select(LINE.c.procedure, LINE.c.claim_id).where(LINE.c.practice == practice))
    denials = select(OUTCOME.c.code, OUTCOME.c.key).where(
        OUTCOME.c.practice == practice, OUTCOME.c.kind == OutcomeKind.DENIAL
    )
    rejected = select(ATTEMPT.c.codes, ATTEMPT.c.key).where(ATTEMPT.c.practice == practice)
    return {
        "procedures": procedures,
        "reasons": _summed((code.rpartition("-")[2], n) for code, n in _counted(rows, denials).items()),
        "statuses": _summed(
            (parts[1], claims)
            for codes, claims in _counted(rows, rejected).items()
            for parts in {tuple(code.split("/")) for code in codes.split()}
            if len(parts) > 1
        ),
    }


def _counted(rows: Connection, query: Any) -> dict[str, int]:
    """What the first column of a query holds, with the number of different values of its second."""
    told = query.subquery()
    code, claim = told.c
    counted = select(code.label("code"), func.count(claim.distinct()).label("claims")).group_by(code)
    return {row.code: row.claims for row in rows.execute(counted.where(code.is_not(None), code != ""))}


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for code, number in counts:
        total[code] = total.get(code, 0) + number
    return total
