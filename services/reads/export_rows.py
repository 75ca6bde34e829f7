"""Rows of a list as a spreadsheet wants them: with the patient's name, day, codes, charge and expected amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from projections.tables.tables import READ_TABLES
from services.presentation.formatting import cents_text
from services.reads.list_counts import names_of
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.store.engine import chunks

CLAIM, LINE, PRICE = READ_TABLES["claim"], READ_TABLES["claim_line"], READ_TABLES["line_price"]
CLAIM_COLUMNS = ("patient_name", "dos", "codes", "charge", "expected_allowed")


def with_claims(context: ReadContext, items: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same rows, each with its payer's name and what its claim adds.

    A row without a claim, or an amount not known, has blanks.
    """
    payers = payer_names(context)
    for some in map(payers.named, chunks(items)):
        claim_ids = sorted({item["claim_id"] for item in some if item.get("claim_id")})
        names = names_of(context, (item.get("patient_id") for item in some))
        with context.rows() as rows:
            told = _claims(rows, context.practice, claim_ids)
        for item in some:
            added = told.get(item.get("claim_id") or "", {})
            yield {**added, **item, **_step(item), "patient_name": names.get(item.get("patient_id") or "", "")}


def _step(item: dict[str, Any]) -> dict[str, Any]:
    """The claim's next step in columns; a row that is no item has none."""
    step = item.get("next_step")
    return {"next_step": step["what"], "next_step_by": step["by"], "next_step_due": step["due"]} if step else {}


def _claims(rows: Connection, practice: str, claim_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    known = rows.execute(
        select(CLAIM.c.claim_id, CLAIM.c.dos, CLAIM.c.charge).where(
            CLAIM.c.practice == practice, CLAIM.c.claim_id.in_(claim_ids)
        )
    )
    found = {
        row.claim_id: {"dos": row.dos.isoformat() if row.dos else "", "charge": cents_text(row.charge)} for row in known
    }
    keys = [f"claim|{practice}|{claim_id}" for claim_id in claim_ids]
    codes: dict[str, list[str]] = {}
    lines = select(LINE.c.claim_id, LINE.c.procedure).where(LINE.c.key.in_(keys)).order_by(LINE.c.key, LINE.c.number)
    for row in rows.execute(lines):
        codes.setdefault(row.claim_id, []).append(row.procedure)
    priced = (
        select(PRICE.c.claim_id, func.sum(PRICE.c.expected_allowed), func.count(), func.count(PRICE.c.expected_allowed))
        .where(PRICE.c.practice == practice, PRICE.c.claim_id.in_(claim_ids), PRICE.c.sequence == "P")
        .group_by(PRICE.c.claim_id)
    )
    expected = {row[0]: cents_text(int(row[1])) for row in rows.execute(priced) if row[2] == row[3]}
    for claim_id, told in found.items():
        told |= {"codes": " ".join(codes.get(claim_id, [])), "expected_allowed": expected.get(claim_id, "")}
    return found
