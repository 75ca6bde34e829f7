"""One visit: the claim it should become next to the one it became, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from events.claim import KX
from events.values import from_cents
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from services.core.errors import NotFoundError
from services.reads.findings import findings_of
from services.reads.read_context import ReadContext

READINESS, CLAIM, VISIT = READ_TABLES["readiness"], READ_TABLES["claim"], READ_TABLES["visit"]


def visit_page(context: ReadContext, visit_id: str) -> dict[str, Any]:
    """Raises NotFoundError. `plan`: lines, units, modifiers and what they should bring; KX as the year now stands."""
    with context.context() as (fold_context, _):
        row = fold_context.rows.execute(
            select(READINESS, CLAIM.c.ref)
            .outerjoin(CLAIM, (CLAIM.c.practice == READINESS.c.practice) & (CLAIM.c.claim_id == READINESS.c.claim_id))
            .where(READINESS.c.practice == context.practice, READINESS.c.visit_id == visit_id)
        ).first()
        if row is None:
            raise NotFoundError("no such visit in this practice")
        told = findings_of(fold_context, context.practice, visit_id=visit_id)
        key = str(Key("visit", context.practice, visit_id))
        closed = fold_context.rows.scalar(select(VISIT.c.closed).where(VISIT.c.key == key))
    return {
        "visit_id": row.visit_id,
        "patient_id": row.patient_id,
        "payer_id": row.payer_id,
        "discipline": row.discipline,
        "dos": row.dos.isoformat(),
        "state": row.state,
        "claim_id": row.claim_id,
        "ref": row.ref,
        "plan": _with_kx(row.plan, told),
        "expected_allowed": None if row.expected_allowed is None else f"{from_cents(row.expected_allowed):.2f}",
        "findings": told,
        "closed": closed,
    }


def _with_kx(plan: dict[str, Any], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """KX is suggested where the year's own fold says that it is needed; a person attests to it."""
    needing = {finding["line"] for finding in told if finding["rule"] == "kx.needed"}
    lines = [
        line | {"modifiers": [*line["modifiers"], KX]} if number in needing else line
        for number, line in enumerate(plan["lines"], 1)
    ]
    return plan | {"lines": lines}
