"""What submissions hold, for acknowledgments that count or name claims: an index over the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from events.claim import ClaimSubmitted
from events.normal_forms import number_form
from events.submission_key import submission_identity, verdict_key
from events.values import from_cents, to_cents
from projections.claims.settlement import Candidate, SubmissionContent, claims_named, states_content
from projections.cut import NO_CUT, Cut
from projections.tables.columns import Row
from projections.tables.tables import table_of
from services.store.cuts import LOG, let_through
from services.store.dialect import StoreDialect, dialect_of
from services.store.rows import insert_rows
from services.store.submission_names import SentClaim
from services.store.tables import SubmissionClaim

CONTENT = table_of(SubmissionClaim)


def record_claims(connection: Connection, sent: Iterable[SentClaim]) -> None:
    """Files which claims traveled in which submission."""
    rows = [row for one in sent for row in content_rows(one)]
    if rows:
        insert_rows(connection, CONTENT, rows)


def content_rows(one: SentClaim) -> list[Row]:
    """The claim as what its submission holds; none of other events."""
    data = one.data
    if not isinstance(data, ClaimSubmitted) or data.submission is None:
        return []
    row = {
        "practice": one.practice,
        "submission": submission_identity(data.submission),
        "position": one.position,
        "form": number_form(data.claim_id),
        "billing_npi": data.billing_npi or "",
        "charge": to_cents(data.total_charge),
    }
    return [row]


def with_contents(
    connection: Connection, practice: str, answers: Iterable[Any], known: dict[str, list[Candidate]], cut: Cut = NO_CUT
) -> dict[str, list[Candidate]]:
    """The candidates with what they hold, where an answer under their name says something it could contradict."""
    telling: dict[str, Any] = {verdict_key(data.submission): data for data in answers if states_content(data)}
    asked = sorted({one.identity for name in telling for one in known.get(name, ())})
    if not asked:
        return known
    numbers = {form for data in answers if states_content(data) for form in claims_named(data)}
    contents = contents_of(connection, practice, asked, numbers, cut)
    return {
        name: [replace(one, content=contents.get(one.identity)) for one in found] if name in telling else found
        for name, found in known.items()
    }


def contents_of(
    connection: Connection,
    practice: str,
    submissions: Sequence[str],
    numbers: Iterable[str] = (),
    cut: Cut = NO_CUT,
) -> dict[str, SubmissionContent]:
    """What these submissions hold, and which of these numbers; at a cut, as far as it lets their claims through."""
    dialect = dialect_of(connection)
    given: dict[str, Any] = {"of_practice": practice, "keys": dialect.as_list(submissions)}
    claims: dict[str, dict[str, int]] = {}
    charges: dict[str, dict[str, Decimal]] = {}
    for row in connection.execute(_sums(dialect, cut), given):
        claims.setdefault(row.submission, {})[row.billing_npi] = row.claims
        charges.setdefault(row.submission, {})[row.billing_npi] = from_cents(int(row.charge))
    named: dict[str, set[str]] = {}
    if numbers := sorted(numbers):
        for row in connection.execute(_numbered(dialect, cut), given | {"forms": dialect.as_list(numbers)}):
            named.setdefault(row.submission, set()).add(row.form)
    return {
        name: SubmissionContent(claims=claims[name], charges=charges[name], numbers=frozenset(named.get(name, ())))
        for name in claims
    }


@lru_cache(maxsize=64)  # a cut of a read has its own
def _sums(dialect: StoreDialect, cut: Cut) -> Select[Any]:
    columns = func.count().label("claims"), func.sum(CONTENT.c.charge).label("charge")
    by = CONTENT.c.submission, CONTENT.c.billing_npi
    return _held(select(*by, *columns), dialect, cut).group_by(*by)


@lru_cache(maxsize=64)
def _numbered(dialect: StoreDialect, cut: Cut) -> Select[Any]:
    query = select(CONTENT.c.submission, CONTENT.c.form)
    return _held(query, dialect, cut).where(dialect.among_given(CONTENT.c.form, "forms"))


def _held(query: Select[Any], dialect: StoreDialect, cut: Cut) -> Select[Any]:
    if cut != NO_CUT:
        query = query.join(LOG, LOG.c.position == CONTENT.c.position).where(*let_through(dialect, cut))
    return query.where(CONTENT.c.practice == bindparam("of_practice"), dialect.among_given(CONTENT.c.submission))
