"""Patients under opaque names, as claims are: an address never says who somebody is."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.core.errors import NotFoundError
from services.reads.read_context import ReadContext

THRESHOLD = READ_TABLES["threshold"]


def patient_ref(context: ReadContext, patient_id: str) -> str:
    return context.references.ref(context.practice, f"patient\0{patient_id}")


def patient_id_of(context: ReadContext, ref: str) -> str:
    """The patient of a ref among those with threshold years. Raises NotFoundError."""
    with context.rows() as rows:
        known: Iterable[str] = rows.scalars(
            select(THRESHOLD.c.patient_id).where(THRESHOLD.c.practice == context.practice).distinct()
        )
        found = next((patient_id for patient_id in known if patient_ref(context, patient_id) == ref), None)
    if found is None:
        raise NotFoundError("no such patient in this practice")
    return found
