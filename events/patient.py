"""Who the patient is, and what others spent on the same patient."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from events.values import Day, Fact, Id, Money, Text

Bucket = Literal["PT_SLP", "OT"]


class BalanceObserved(Fact):
    """A payer's own figure of therapy dollars used, all providers together, as of the payer's date."""

    patient_id: Id
    bucket: Bucket
    year: int
    used_amount: Money
    as_of: Day
    source: Text | None = None


class PatientRegistered(Fact):
    patient_id: Id
    name: Text | None = None
    birth_date: Day | None = None
    identifiers: object = None


class IdentityLinked(Fact):
    """`from_id` and `to_id` are one person (kind patient) or one payer (kind payer). Reversible by withdrawal."""

    kind: Text = "patient"
    from_id: Id = Field(alias="from")
    to_id: Id = Field(alias="to")
