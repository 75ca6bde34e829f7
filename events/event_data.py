"""What every event type says of itself: its name, subject, meaning and label, the date it goes by, what it is about."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, NamedTuple

from events.values import Fact

Names = tuple[tuple[str, str], ...]  # (kind of key, name): projections/keys.py lists the kinds


class PayerMention(NamedTuple):
    """A payer as an event names it. `indicator`: the claim filing indicator next to it (SBR09, CLP06)."""

    identifier: str
    name: str = ""
    indicator: str = ""


class EventType(NamedTuple):
    """An event type in words: `subject` is what a CloudEvent's subject names, `label` what a person reads in a list.

    `is_term`: whether claims are judged by it (rule packs, policies, contracts, links of identities).
    """

    name: str
    subject: str
    meaning: str
    label: str
    is_term: bool = False


class UnreadableEventError(ValueError):
    """A logged event that today's vocabulary cannot read; the message names its type and the fields."""


class EventData(Fact):
    """Base of the data of an event type. Each class in `events.registry` has an `event` of its own."""

    event: ClassVar[EventType]

    def judges_claims(self) -> bool:
        """Whether claims other than one it names itself are judged by it."""
        return self.event.is_term

    def said(self, name: str, unsaid: Any = None) -> Any:
        """What it states under a name that not every type has; `unsaid` where its type has none of that name.

        `getattr` finds the same, but to find nothing takes a pydantic model a hundred times as long.
        """
        fields = self.__dict__
        if name in fields:
            return fields[name]
        extra = self.__pydantic_extra__
        return extra.get(name, unsaid) if extra else unsaid

    @classmethod
    def published_as(cls) -> Any:
        """The type whose schema publishers are given: the class, or the union of its forms."""
        return cls

    def business_date(self) -> date | None:
        """The sender's or payer's own date, by which histories are ordered; None where only the event's time counts."""
        return None

    def file_position(self) -> tuple[str, int]:
        """Remittance and place in it, for what a remittance says of one claim."""
        return ("", 0)

    def index_names(self) -> Names:
        """Every key under which the log must find the event again."""
        claim_id, patient_id = self.said("claim_id"), self.said("patient_id")
        if not claim_id:
            return ()
        return (("claim", claim_id), ("patient_claims", patient_id)) if patient_id else (("claim", claim_id),)

    def mentioned_payers(self) -> tuple[PayerMention, ...]:
        """Every payer that the event names by an identifier, with the name it gives it."""
        payer_id = self.said("payer_id")
        if not payer_id:
            return ()
        return (PayerMention(payer_id, self.said("payer_name") or "", self.said("claim_filing_indicator") or ""),)


class MessageData(EventData):
    """Base of what an EDI message says. `test_file`: its sender marked the interchange as a test (ISA15 T)."""

    test_file: bool = False


class UnreadableData(EventData):
    """Data of a logged event that today's vocabulary cannot read. A fold that needs it raises UnreadableEventError.

    So the keys it belongs to are marked stale, with the rows they had; all others go on. `stated`: of a term, its data
    as the log holds it, for what can still be read of whom it binds.
    """

    type: str
    reason: str
    stated: Any = None

    def business_date(self) -> date | None:
        raise UnreadableEventError(f"{self.type}: {self.reason}")
