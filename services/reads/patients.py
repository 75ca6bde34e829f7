"""Patients under opaque names, as claims are: an address never says who somebody is."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from events.patient import PatientRegistered
from projections.tables.tables import READ_TABLES
from services.core.errors import NotFoundError
from services.reads.read_context import ReadContext

THRESHOLD, CLAIM, PATIENT = READ_TABLES["threshold"], READ_TABLES["claim"], READ_TABLES["patient"]


def patient_ref(context: ReadContext, patient_id: str) -> str:
    return context.references.ref(context.practice, f"patient\0{patient_id}")


def patient_id_of(context: ReadContext, ref: str) -> str:
    """The patient of a ref, among those with threshold years and those with claims. Raises NotFoundError."""
    with context.rows() as rows:
        for table in (THRESHOLD, CLAIM):
            query = select(table.c.patient_id).where(table.c.practice == context.practice).distinct()
            known: Iterable[str | None] = rows.scalars(query)
            found = next((each for each in known if each and patient_ref(context, each) == ref), None)
            if found is not None:
                return found
    raise NotFoundError("no such patient in this practice")


def patient_facts(context: ReadContext, patient_id: str) -> dict[str, str | None]:
    """Birth date and member id: as registered, the member id else as a claim's file says."""
    with context.rows() as rows:
        facts = rows.scalar(select(PATIENT.c.facts).where(PATIENT.c.key == f"patient|{context.practice}|{patient_id}"))
        member = rows.scalar(
            select(CLAIM.c.member_id)
            .where(CLAIM.c.practice == context.practice, CLAIM.c.patient_id == patient_id)
            .where(CLAIM.c.member_id.is_not(None))
            .limit(1)
        )
    told = PatientRegistered.model_validate(facts) if facts else None
    members = [known.value for known in told.identifiers if known.kind == "member_id"] if told else []
    born = told.birth_date.isoformat() if told and told.birth_date else None
    return {"birth_date": born, "member_id": members[-1] if members else member}
