"""Findings next to what came of them, and how well each rule predicts what payers do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, case, cast, func, select

from events.values import from_cents
from projections.rows.claim_answers import HIT, MISS, outcome
from projections.session_rules.findings import GRADED, GRADES
from projections.tables.answered import Answered, AnswerTrouble
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from services.projector.folds import FoldContext
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext

FINDING, CLAIM = READ_TABLES["finding"], READ_TABLES["claim"]
SubmissionFilter = tuple[str, int]  # claim id and attempt


_GRAVITY = case({name: place for place, name in enumerate(GRADES)}, value=FINDING.c.grade, else_=len(GRADES))
GRAVEST_FIRST = (
    OrderedBy(_GRAVITY),
    OrderedBy(func.coalesce(FINDING.c.dos, NEVER, type_=FINDING.c.dos.type), descending=True),
    OrderedBy(func.coalesce(FINDING.c.claim_id, "")),
    OrderedBy(func.coalesce(FINDING.c.visit_id, "")),
    OrderedBy(func.coalesce(FINDING.c.line, 0)),
    OrderedBy(FINDING.c.rule),
    OrderedBy(FINDING.c.key),
    OrderedBy(FINDING.c.seq),
)


def findings(
    context: ReadContext,
    *,
    rule: str | None = None,
    grade: str | None = None,
    everything: bool = False,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Grave before slight, the newest day first. `everything` includes submissions that a later one replaced."""
    return findings_page(context, rule=rule, grade=grade, everything=everything, limit=limit).items


def findings_page(
    context: ReadContext,
    *,
    rule: str | None = None,
    grade: str | None = None,
    everything: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """A page of `findings`. Raises ListCursorError."""
    query = _query(context.practice, everything=everything)
    if rule:
        query = query.where(FINDING.c.rule == rule)
    if grade:
        query = query.where(FINDING.c.grade == grade)
    with context.rows() as connection:
        rows, following = page_rows(connection, query, GRAVEST_FIRST, limit, cursor)
    return ListPage([_json(row) | _whose(row) for row in rows], following)


def _whose(row: Any) -> dict[str, Any]:
    return {
        "claim_id": row.claim_id,
        "ref": row.ref,
        "patient_id": row.patient_id,
        "dos": row.dos.isoformat() if row.dos else None,
        "attempt": row.attempt,
    }


def findings_of(
    fold_context: FoldContext, practice: str, *, claim_id: str | None = None, visit_id: str | None = None
) -> list[dict[str, Any]]:
    """What is wrong with a claim or visit as it is now, from whichever key's fold, with its outcome."""
    query = _query(practice, everything=False)
    if claim_id is not None:
        query = query.where(FINDING.c.claim_id == claim_id)
    if visit_id is not None:
        query = query.where(FINDING.c.visit_id == visit_id)
    told = [_json(row) for row in fold_context.rows.execute(query)]
    return sorted(told, key=lambda f: (GRADES.index(f["grade"]), f["line"] or 0, f["rule"], f["message"]))


def _query(practice: str, *, everything: bool) -> Any:
    joined = FINDING.outerjoin(
        CLAIM, (CLAIM.c.practice == FINDING.c.practice) & (CLAIM.c.claim_id == FINDING.c.claim_id)
    )
    query = select(FINDING, CLAIM.c.answers, CLAIM.c.ref).select_from(joined).where(FINDING.c.practice == practice)
    return query if everything else query.where(FINDING.c.is_current)


def _json(row: Any) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "grade": row.grade,
        "line": row.line,
        "message": row.message,
        "source": row.source,
        "change": row.change,
        "worth": None if row.worth is None else f"{from_cents(row.worth):.2f}",
        "visit_id": row.visit_id,
        "outcome": outcome(row.grade, row.predicts.split(), row.line, _answered(row)),
    }


def _answered(row: Any) -> Answered | None:
    """What the payer said of the submission a finding is about."""
    return next((told for told in Answered.list_from_json(row.answers) if told.attempt == row.attempt), None)


@dataclass(kw_only=True)
class _Tally:
    """One rule's findings about claims that were sent, by what came of them."""

    grade: str
    predicts: frozenset[str] = frozenset()
    findings: int = 0
    predicted: int = 0
    hit: int = 0
    missed: int = 0
    caught: set[tuple[SubmissionFilter, AnswerTrouble]] = field(default_factory=set)


def score(context: ReadContext, rule: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """Per rule its precision and recall, and per family of the code table how much was predicted.

    precision: of the predictions that the payer has answered, those that came true. recall: of the troubles in the
    categories the rule names, those it named. What a payer has not decided is open and counts in neither.
    """
    with context.context() as (fold_context, _):
        rows = fold_context.rows.execute(_query(context.practice, everything=True)).all()
        came = list(_troubles(fold_context, context.practice))
    tallies: dict[str, _Tally] = {}
    for row in rows:
        _count(tallies.setdefault(row.rule, _Tally(grade=row.grade)), row)
    foretold = {one for tally in tallies.values() if tally.grade in GRADED for one in tally.caught}
    return {
        "rules": [_rule_json(name, tally, came) for name, tally in sorted(tallies.items()) if rule in (None, name)],
        "families": _families(came, foretold),
    }


def _troubles(fold_context: FoldContext, practice: str) -> Iterator[tuple[SubmissionFilter, AnswerTrouble]]:
    query = select(CLAIM.c.claim_id, CLAIM.c.answers).where(
        CLAIM.c.practice == practice, cast(CLAIM.c.answers, Text).contains("troubles", autoescape=True)
    )
    for row in fold_context.rows.execute(query):
        for answered in Answered.list_from_json(row.answers):
            for trouble in answered.troubles:
                yield (row.claim_id, answered.attempt), trouble


def _count(tally: _Tally, row: Any) -> None:
    predicts = frozenset(row.predicts.split())
    tally.findings += 1
    tally.predicts |= predicts
    if GRADES.index(row.grade) < GRADES.index(tally.grade):
        tally.grade = row.grade
    if row.claim_id is None or row.attempt is None or not predicts:
        return
    tally.predicted += 1
    answered = _answered(row)
    result = outcome(row.grade, tuple(predicts), row.line, answered)
    tally.hit += result == HIT
    tally.missed += result == MISS
    for trouble in answered.troubles if answered else ():
        if trouble.is_foretold(predicts, row.line):
            tally.caught.add(((row.claim_id, row.attempt), trouble))


def _rule_json(name: str, tally: _Tally, came: Iterable[tuple[SubmissionFilter, AnswerTrouble]]) -> dict[str, Any]:
    concerned = sum(1 for _, trouble in came if trouble.category in tally.predicts)
    return {
        "rule": name,
        "grade": tally.grade,
        "predicts": sorted(tally.predicts),
        "findings": tally.findings,
        "predicted": tally.predicted,
        "hit": tally.hit,
        "missed": tally.missed,
        "open": tally.predicted - tally.hit - tally.missed,
        "precision": _ratio(tally.hit, tally.hit + tally.missed),
        "recall": _ratio(len(tally.caught), concerned),
    }


def _families(
    came: Sequence[tuple[SubmissionFilter, AnswerTrouble]], foretold: set[tuple[SubmissionFilter, AnswerTrouble]]
) -> list[dict[str, Any]]:
    families: dict[str, list[int]] = {}
    for one in came:
        counts = families.setdefault(one[1].family, [0, 0])
        counts[0] += 1
        counts[1] += one in foretold
    return [
        {"family": name, "came": all_, "predicted": known, "unpredicted": all_ - known, "recall": _ratio(known, all_)}
        for name, (all_, known) in sorted(families.items())
    ]


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
