"""Who the patient is, and what others spent on the same patient."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from events.event_data import EventData, EventType, Names
from events.values import Day, Fact, Id, Money, Name, StatedDay, Year

Bucket = Literal["PT_SLP", "OT"]


class BalanceObserved(EventData):
    """A payer's own figure of therapy dollars used, all providers together, as of the payer's date."""

    event: ClassVar = EventType(
        "therapy.balance_observed.v1",
        "patient id",
        "A payer's own figure of therapy dollars used in a year.",
        "Payer's balance",
    )

    patient_id: Id
    bucket: Bucket
    year: Year
    used_amount: Money
    as_of: Day
    source: Name | None = None

    def business_date(self) -> date | None:
        return self.as_of

    def index_names(self) -> Names:
        return (("patient", self.patient_id),)


class PatientIdentifier(Fact):
    """A number a patient goes by: `kind` says whose (member_id, mrn, account ...)."""

    kind: Name
    value: Name


class PatientRegistered(EventData):
    event: ClassVar = EventType("patient.registered.v1", "patient id", "Who a patient is.", "Patient")

    patient_id: Id
    name: Name | None = None
    birth_date: StatedDay = None
    identifiers: tuple[PatientIdentifier, ...] = ()
    eligibility_notice_on: StatedDay = None  # the payer's date on its word that the patient is covered, perhaps back

    def judges_claims(self) -> bool:
        return self.eligibility_notice_on is not None

    def index_names(self) -> Names:
        return (("patient", self.patient_id),)


class IdentityLinked(EventData):
    """`from_id` and `to_id` are one person (kind patient), payer (kind payer) or claim (kind claim).

    Of a claim, what came back under the number `from_id` belongs to the claim `to_id`. Reversible by withdrawal.
    """

    event: ClassVar = EventType(
        "identity.linked.v1", "patient or payer id", "Two ids are one person, or one payer.", "Linked", is_term=True
    )

    kind: Literal["patient", "payer", "claim"] = "patient"
    from_id: Id = Field(alias="from")
    to_id: Id = Field(alias="to")

    def judges_claims(self) -> bool:
        return self.kind != "claim"  # both claims are named in it

    def index_names(self) -> Names:
        both = (self.from_id, self.to_id) if self.kind == "claim" else ()
        return tuple((kind, claim_id) for claim_id in both for kind in ("claim", "claim_match"))
