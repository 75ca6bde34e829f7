"""Every payer that was ever named: its names and identifiers, what hangs on it, and what is not known of its terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from events.terms import PolicyPublished
from events.values import from_cents
from projections.rules.policies import Missing
from projections.rules.policy_choice import Dates, PayerTerms
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import MEDICARE, Reference
from services.core.errors import NotFoundError
from services.reads.read_context import ReadContext

PAYER, REMITTANCE, VISIT = READ_TABLES["claim_payer"], READ_TABLES["remittance"], READ_TABLES["visit"]
OWN_NAMES = {MEDICARE: "Medicare Part B"}  # what the program itself knows
PayerRow = dict[str, Any]


class UnknownPayerError(NotFoundError):
    """No file, visit or policy names this payer."""


def payers(context: ReadContext) -> list[PayerRow]:
    """[{payer_id, name, names, identifiers, claims, open_claims, open, lacks, adopted, linked}], most money first."""
    with context.context() as (fold_context, reference):
        counted = _claims(fold_context.rows, context.practice)
        said = _said(fold_context.rows, context.practice, reference)
        seen = {*counted, *said, *_visited(fold_context.rows, context.practice, reference), *_stated(reference)}
        rows = [_row(payer_id, counted, said, reference, context.today) for payer_id in sorted(seen - {""})]
    return sorted(name_apart(rows), key=lambda row: (-row["open_cents"], -row["claims"], row["payer_id"]))


def payer(context: ReadContext, payer_id: str) -> PayerRow:
    """One payer, found by its id, by an identifier or by a name. Raises UnknownPayerError."""
    rows = payers(context)
    with context.context() as (_, reference):
        wanted = reference.payer(payer_id)
    found = next((row for row in rows if row["payer_id"] in (payer_id, wanted)), None)
    if found is None:
        raise UnknownPayerError(f"no payer {payer_id!r}; `claimclock payers` lists those there are")
    return found


def payer_names(context: ReadContext) -> dict[str, str]:
    """What people call each payer: its name, with the id where names coincide; the id where no name is known."""
    return {row["payer_id"]: row["name"] for row in payers(context)}


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


def name_apart(rows: Iterable[PayerRow]) -> list[PayerRow]:
    """The same rows; a name that several payers have is followed by the payer id."""
    rows = list(rows)
    often = Counter(row["name"].casefold() for row in rows)
    return [
        row | {"name": f"{row['name']} ({row['payer_id']})"} if often[row["name"].casefold()] > 1 else row
        for row in rows
    ]


def _row(
    payer_id: str, counted: Mapping[str, Any], said: Mapping[str, set[str]], reference: Reference, on: date
) -> PayerRow:
    count = counted.get(payer_id, {"claims": 0, "open_claims": 0, "open": 0})
    policies = [p for p in reference.terms.in_force(on) if p.payer_id == payer_id]
    stated = [name for policy in policies for name in policy.names]
    names = list(dict.fromkeys([*stated, *sorted(said.get(payer_id, ()))]))
    links = sorted(start for start, end in reference.payer_links.items() if end == payer_id)
    identifiers = [identifier for policy in policies for identifier in policy.identifiers]
    adopted = next((str(p.x_template) for p in policies if hasattr(p, "x_template")), None)
    return {
        "payer_id": payer_id,
        "name": OWN_NAMES.get(payer_id) or next(iter(names), payer_id),
        "names": names,
        "identifiers": list(dict.fromkeys(identifiers)),
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


def _said(rows: Connection, practice: str, reference: Reference) -> dict[str, set[str]]:
    """The names that remittances give, by the payer they mean."""
    query = select(REMITTANCE.c.payer_identifier, REMITTANCE.c.payer_name).where(REMITTANCE.c.practice == practice)
    found: dict[str, set[str]] = {}
    for row in rows.execute(query.distinct()):
        meant = reference.payer(row.payer_identifier, row.payer_name)
        found.setdefault(meant, set()).update({row.payer_name} if row.payer_name else ())
    return found


def _visited(rows: Connection, practice: str, reference: Reference) -> set[str]:
    query = select(VISIT.c.payer_id).where(VISIT.c.practice == practice).distinct()
    return {reference.payer(row.payer_id) for row in rows.execute(query) if row.payer_id}


def _stated(reference: Reference) -> set[str]:
    return {reference.payer(policy.payer_id) for policy in reference.policies}
