"""Every payer that was ever named: its names and identifiers, what hangs on it, and what is not known of its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from events.terms import PolicyPublished
from events.values import from_cents
from projections.rules.policies import Missing
from projections.rules.policy_choice import Dates, PayerTerms
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import MEDICARE, Reference
from services.core.errors import NotFoundError, UsageError
from services.reads.payer_names import all_names, called, folded, identifiers_of, payer_names
from services.reads.read_context import ReadContext
from services.store.named_payers import stated_payers

PAYER, VISIT = READ_TABLES["claim_payer"], READ_TABLES["visit"]
PayerRow = dict[str, Any]


class UnknownPayerError(NotFoundError):
    """No file, visit or policy names this payer."""


class SeveralPayersError(UsageError):
    """A name that several payers have."""


def payers(context: ReadContext) -> list[PayerRow]:
    """[{payer_id, name, names, identifiers, claims, open_claims, open, lacks, adopted, linked}], most money first."""
    with context.context() as (fold_context, reference):
        counted = _claims(fold_context.rows, context.practice)
        stated = stated_payers(fold_context.log, context.practice, fold_context.cut)
        names: dict[str, tuple[str, ...]] = {}
        names |= dict.fromkeys([*counted, *_visited(fold_context.rows, context.practice, reference)], ())
        names |= all_names(reference, stated, context.today)
        known = KnownPayers(names, called(names), identifiers_of(reference, stated), counted)
        rows = [_row(payer_id, known, reference, context.today) for payer_id in sorted(names.keys() - {""})]
    return sorted(rows, key=payer_place)


def payer_place(row: dict[str, Any]) -> tuple[int, int, str]:
    """What the list is ordered by."""
    return -row["open_cents"], -row["claims"], row["payer_id"]


def of_one_name(rows: Sequence[PayerRow]) -> list[tuple[str, list[str]]]:
    """Names that several payers share, with their ids: a payer's 837s and 835s often carry different ids."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for name in row["names"]:
            found.setdefault(folded(name), {})[row["payer_id"]] = name
    shared = {tuple(ids): next(iter(ids.values())) for ids in found.values() if len(ids) > 1}
    return [(name, list(ids)) for ids, name in shared.items()]


def payer(context: ReadContext, payer_id: str) -> PayerRow:
    """One payer, found by its id, by an identifier or by a name. Raises UnknownPayerError, SeveralPayersError."""
    wanted = payer_id_of(context, payer_id)
    found = next((row for row in payers(context) if row["payer_id"] == wanted), None)
    if found is None:
        raise UnknownPayerError(f"no payer {payer_id!r}; `claimclock payers` lists those there are")
    return found


def payer_id_of(context: ReadContext, typed: str) -> str:
    """The payer that a typed id, identifier or name means; the text itself where none does.

    Raises SeveralPayersError.
    """
    with context.terms() as (_, reference):
        known = reference.known_payer(typed) or reference.payer_links.get(typed)
    found = [known] if known else payer_names(context).ids(typed)
    if len(found) > 1:
        raise SeveralPayersError(f"{typed!r} is the name of several payers; say which: {', '.join(found)}")
    return found[0]


def standing_policy(reference: Reference, payer_id: str, on: date) -> PolicyPublished | None:
    """The payer's policy for all plans, states and lines of business on a day."""
    return next(
        (
            p
            for p in reference.terms.in_force(on)
            if p.payer_id == payer_id and not (p.plan or p.state or p.line_of_business)
        ),
        None,
    )


class KnownPayers(NamedTuple):
    """By payer id: all its names, what it is called, its other identifiers, what hangs on it."""

    names: Mapping[str, Sequence[str]]
    called: Mapping[str, str]
    identifiers: Mapping[str, Sequence[str]]
    counted: Mapping[str, Mapping[str, int]]


def _row(payer_id: str, known: KnownPayers, reference: Reference, on: date) -> PayerRow:
    count = known.counted.get(payer_id, {"claims": 0, "open_claims": 0, "open": 0})
    policies = [p for p in reference.terms.in_force(on) if p.payer_id == payer_id]
    links = sorted(start for start, end in reference.payer_links.items() if end == payer_id)
    identifiers = [identifier for policy in policies for identifier in policy.identifiers]
    adopted = next((str(p.x_template) for p in policies if hasattr(p, "x_template")), None)
    return {
        "payer_id": payer_id,
        "name": known.called[payer_id],
        "names": list(known.names[payer_id]),
        "identifiers": list(dict.fromkeys([*identifiers, *known.identifiers.get(payer_id, ())])),
        "claims": count["claims"],
        "open_claims": count["open_claims"],
        "open": f"{from_cents(count['open']):.2f}",
        "open_cents": count["open"],
        "lacks": lacking(reference, payer_id, on),
        "adopted": adopted,
        "linked": links,
    }


def lacking(reference: Reference, payer_id: str, on: date) -> list[str]:
    """What is not known on a day: filing limit, corrected claims, appeals, contract."""
    terms = reference.terms
    program = terms.program(PayerTerms(payer_id, program="original_medicare" if payer_id == MEDICARE else None), on)
    who, dates = PayerTerms(payer_id, program=program), Dates(notice=on, dos=on)
    asked = {
        "filing limit": terms.filing(who, on),
        "corrected claims": terms.corrected(who, dates),
        "appeals": terms.appeal(who, 1, dates),
    }
    contracted = any(contract.scope.payer_id == payer_id for contract in reference.contracts)
    return [name for name, term in asked.items() if isinstance(term, Missing)] + (
        [] if contracted or payer_id == MEDICARE else ["contract"]
    )


def _claims(rows: Connection, practice: str) -> dict[str, dict[str, int]]:
    """By payer; the open money of a claim counts for its first payer."""
    opened = func.coalesce(func.sum(PAYER.c.open), 0)
    unsettled = func.count().filter(PAYER.c.open != 0)
    query = (
        select(PAYER.c.payer_id, func.count().label("claims"), unsettled.label("unsettled"), opened.label("open"))
        .where(PAYER.c.practice == practice)
        .group_by(PAYER.c.payer_id)
    )
    return {
        row.payer_id: {"claims": row.claims, "open_claims": row.unsettled, "open": int(row.open)}
        for row in rows.execute(query)
    }


def _visited(rows: Connection, practice: str, reference: Reference) -> set[str]:
    query = select(VISIT.c.payer_id).where(VISIT.c.practice == practice).distinct()
    return {reference.payer(row.payer_id) for row in rows.execute(query) if row.payer_id}
