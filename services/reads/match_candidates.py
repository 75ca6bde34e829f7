"""Candidates for responses that match no claim: found through indexes, then scored by what both state.

A response costs a handful of look-ups, however many claims there are: by numbers that are alike, by the payer's own
number, by the patient, by day and charge; and where these find none, by day and payer with a name that is alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, Date, Select, bindparam, case, func, literal, select, union_all

from events.claim import ClaimSubmitted
from events.normal_forms import name_form
from events.values import to_cents
from projections.claims.match_candidates import NEARLY, MatchCandidate, MatchFacts, MatchReason, match_facts, ranked
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, parse_key
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext
from services.reads.read_context import ReadContext
from services.store.claim_numbers import similar
from services.store.log import histories

CLAIM = READ_TABLES["claim"]
MOST = 20  # claims that one look-up gives
SAME_DAY = 300  # claims of one day and payer whose names are compared
AROUND = timedelta(days=45)  # from the stated days: how far a patient's other claims are looked at
BEST = 5  # candidates shown of each response
UNMATCHED = "unmatched"


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """A number under which only responses came, what they state, and the claims they could be about."""

    facts: MatchFacts
    candidates: tuple[MatchCandidate, ...]
    claims: Mapping[str, MatchFacts]


def candidates_of(context: ReadContext, numbers: Sequence[str]) -> dict[str, Unmatched]:
    """For each number that came back, the best BEST claims it could mean; empty where nothing speaks for any."""
    if not numbers:
        return {}
    with context.context() as (fold_context, reference):
        own = _facts(fold_context, _keys(context.practice, numbers), reference)
        near = {
            number: _near(fold_context, context.practice, facts, reference)
            for number, facts in ((parse_key(key).name, facts) for key, facts in own.items())
        }
        wanted = sorted({key for keys in near.values() for key in keys})
        claims = _facts(fold_context, wanted, reference, sent_only=True)
    found = {}
    for key, facts in own.items():
        mine = {claim.number: claim for name in near[parse_key(key).name] if (claim := claims.get(name))}
        best = ranked(facts, mine.values())[:BEST]
        found[facts.number] = Unmatched(
            facts=facts, candidates=tuple(best), claims={one.claim_id: mine[one.claim_id] for one in best}
        )
    return found


def _keys(practice: str, numbers: Iterable[str]) -> list[str]:
    return [str(Key("claim", practice, number)) for number in dict.fromkeys(numbers)]


def _facts(
    fold_context: FoldContext, keys: Sequence[str], reference: Reference, *, sent_only: bool = False
) -> dict[str, MatchFacts]:
    """What each of these numbers states; with `sent_only`, of those alone that were submitted here."""
    found = {}
    for key, history in histories(fold_context.log, keys, fold_context.cut).items():
        number = parse_key(key).name
        standing = [e for e in effective_events(history, reference.zone) if _names(e, number)]
        if not sent_only or any(isinstance(event.data, ClaimSubmitted) for event in standing):
            found[key] = match_facts(number, standing, reference)
    return found


def _names(event: LoggedEvent, number: str) -> bool:
    return getattr(event.data, "claim_id", None) == number


def _near(fold_context: FoldContext, practice: str, facts: MatchFacts, reference: Reference) -> set[str]:
    """Keys of the claims that are worth a comparison."""
    keys = similar(fold_context.log, practice, facts.number, facts.payer_numbers)
    asked = _asked(practice, facts, reference)
    if asked["days"]:
        found = set(fold_context.rows.scalars(_by_day_and_patient(), asked))
        keys |= found or _by_name(fold_context.rows, facts, asked)
    keys.discard(str(Key("claim", practice, facts.number)))
    return keys


def _asked(practice: str, facts: MatchFacts, reference: Reference) -> dict[str, Any]:
    days = sorted(facts.statement.days)[:MOST]
    members = facts.stated["member"]
    return {
        "practice": practice,
        "days": days,
        "first": days[0] - AROUND if days else date.min,
        "last": days[-1] + AROUND if days else date.max,
        "charges": [to_cents(charge) for charge in facts.statement.charges] or [-1],
        "members": members or [""],
        "patients": sorted({reference.patient(member) for member in members} | set(members)) or [""],
        "names": facts.stated["patient"] or [""],
        "payers": sorted(facts.payers) or [""],
    }


@cache
def _by_day_and_patient() -> Select[Any]:
    """By the patient's ids and name, the stated days first; by day and charge, the stated payer first."""
    days = bindparam("days", expanding=True, type_=Date)
    on_day = case((CLAIM.c.dos.in_(days), 0), else_=1)
    # Of the patient's claims those around these days: as an expression, lest the index of all days is read for it.
    dos = func.coalesce(CLAIM.c.dos, literal(NEVER, Date))
    around = dos.between(bindparam("first", type_=Date), bindparam("last", type_=Date))
    patient = [
        CLAIM.c.patient_id.in_(bindparam("patients", expanding=True)),
        CLAIM.c.member_id.in_(bindparam("members", expanding=True)),
        CLAIM.c.patient_name.in_(bindparam("names", expanding=True)),
    ]
    queries = [_claims().where(condition, around).order_by(on_day, CLAIM.c.key).limit(MOST) for condition in patient]
    same_payer = case((CLAIM.c.payer_id.in_(bindparam("payers", expanding=True)), 0), else_=1)
    charged = CLAIM.c.charge.in_(bindparam("charges", expanding=True))
    queries.append(_claims().where(CLAIM.c.dos.in_(days), charged).order_by(same_payer, CLAIM.c.key).limit(MOST))
    parts = [query.subquery() for query in queries]
    return select(union_all(*(select(part.c.key) for part in parts)).subquery().c.key)


def _claims() -> Select[Any]:
    return select(CLAIM.c.key).where(CLAIM.c.practice == bindparam("practice"), CLAIM.c.status != UNMATCHED)


def _by_name(rows: Connection, facts: MatchFacts, asked: Mapping[str, Any]) -> set[str]:
    """Claims of the stated days and payer whose patient's name is alike."""
    if not facts.names:
        return set()
    found = {row.key: name_form(row.patient_name) for row in rows.execute(_same_day(), asked)}
    alike = (
        process.extract(name, found, scorer=fuzz.token_sort_ratio, score_cutoff=NEARLY, limit=BEST)
        for name in facts.names
    )
    return {key for matches in alike for _, _, key in matches}


@cache
def _same_day() -> Select[Any]:
    query = select(CLAIM.c.key, CLAIM.c.patient_name).where(
        CLAIM.c.practice == bindparam("practice"),
        CLAIM.c.dos.in_(bindparam("days", expanding=True, type_=Date)),
        CLAIM.c.payer_id.in_(bindparam("payers", expanding=True)),
        CLAIM.c.status != UNMATCHED,
        CLAIM.c.patient_name.is_not(None),
    )
    return query.order_by(CLAIM.c.key).limit(SAME_DAY)


def candidate_json(context: ReadContext, found: MatchCandidate) -> dict[str, Any]:
    """As the command line and HTTP give it. `score` is the sum of the points, from 0 to 100."""
    return {
        "claim_id": found.claim_id,
        "ref": context.references.ref(context.practice, found.claim_id),
        "score": found.score,
        "strength": found.strength,
        "differs_in": list(found.differs_in),
        "reasons": [reason_json(reason) for reason in found.reasons],
    }


def reason_json(reason: MatchReason) -> dict[str, Any]:
    return {
        "what": reason.what,
        "ours": reason.ours,
        "theirs": reason.theirs,
        "points": reason.points,
        "words": reason.words,
    }
