"""Who an 837P claim is about: billing provider, subscriber, patient and payer, as the HL loops before it say."""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.claim_loop_837 import npi_of
from services.intake.context import digest
from services.intake.elements import LONGEST_ID, Segment, day, element

_PROVIDER, _SUBSCRIBER, _PATIENT = "20", "22", "23"
_LEVEL_WITHOUT_HL = {("NM1", "85"): _PROVIDER, ("NM1", "IL"): _SUBSCRIBER}
_SHORT = 12


@dataclass(slots=True)
class PartyName:
    """A person as NM103 to NM105 and DMG02 say. A dependent has no member id of its own: name and birth date hashed."""

    name: tuple[str, ...] = ()
    birth_date: str = ""

    @property
    def listed(self) -> str:
        """HOLLISTER, BRAM, as lists write it; empty without a last name."""
        return ", ".join(part for part in self.name[:2] if part) if self.name and self.name[0] else ""

    @property
    def born_on(self) -> str:
        """2026-03-02; empty where the file says none, or no date."""
        return day(self.birth_date) or ""

    @property
    def mark(self) -> str:
        return digest(*(part.upper() for part in (*self.name, self.birth_date)), length=_SHORT)


class Parties:
    """The loops that are open. Each HL closes those of its own level and below."""

    def __init__(self) -> None:
        self._levels: dict[str, list[Segment]] = {"": []}
        self._level = ""
        self._served = False
        self._clear_provider()

    def _clear_provider(self) -> None:
        self.billing_npi: str | None = None
        self.state, self._entity = "", ""
        self._clear_subscriber()

    def _clear_subscriber(self) -> None:
        self.sequence = self.filing_indicator = self.plan = self.payer_id = self.payer_name = self._member = ""
        self._subscriber = PartyName()
        self._clear_patient()

    def _clear_patient(self) -> None:
        self._patient: PartyName | None = None
        self._named = self._subscriber

    def take(self, segment: Segment) -> None:
        """One segment in front of a claim."""
        if segment[0] == "HL":
            self._on_hl(element(segment, 3))
        elif self._served and (level := _LEVEL_WITHOUT_HL.get((segment[0], element(segment, 1)))):
            self._on_hl(level)
        elif self._served and segment[0] == "SBR":
            self._on_hl(_SUBSCRIBER)
        self._levels.setdefault(self._level, []).append(segment)
        match segment[0]:
            case "NM1":
                self._entity = element(segment, 1)
                self._on_nm1(segment)
            case "N4" if self._entity == "85":
                self.state = element(segment, 2)
            case "SBR":
                self.sequence, self.filing_indicator = element(segment, 1), element(segment, 9)
                self.plan = element(segment, 3) or element(segment, 4)
            case "DMG":
                self._named.birth_date = element(segment, 2)

    def served(self) -> None:
        """A claim was made of what is open. Where the next people come without an HL, they begin again."""
        self._served = True

    def _on_hl(self, level: str) -> None:
        self._served = False
        closed = {_PROVIDER: (_PROVIDER, _SUBSCRIBER, _PATIENT), _SUBSCRIBER: (_SUBSCRIBER, _PATIENT)}
        for name in closed.get(level, (level,)):
            self._levels.pop(name, None)
        self._level = level
        if level == _PROVIDER:
            self._clear_provider()
        elif level == _SUBSCRIBER:
            self._clear_subscriber()
        elif level == _PATIENT:
            self._clear_patient()

    def _on_nm1(self, segment: Segment) -> None:
        name = tuple(element(segment, at) for at in (3, 4, 5))
        match element(segment, 1):
            case "85":
                self.billing_npi = npi_of(segment)
            case "IL":
                self._subscriber.name, self._member = name, element(segment, 9)
                self._named = self._subscriber
            case "QC":
                self._patient = self._named = PartyName(name)
            case "PR":
                self.payer_id, self.payer_name = element(segment, 9), element(segment, 3)

    def segments(self) -> list[Segment]:
        """Everything that says who the next claim is about: part of the claim's content."""
        return [segment for level, loop in self._levels.items() if level for segment in loop]

    @property
    def person(self) -> PartyName:
        """Who was treated: the dependent where there is one, else the subscriber."""
        return self._patient or self._subscriber

    @property
    def member_id(self) -> str:
        return self._member

    def patient_id(self) -> tuple[str, bool]:
        """The subscriber's id, for a dependent with a hash of name and birth date; and whether it had to be made up.

        Names and birth dates are no part of an id but as a hash.
        """
        person = self.person
        member = self._member if len(self._member) <= LONGEST_ID - _SHORT - 1 else digest(self._member)
        if member:
            return (f"{member}-{person.mark}" if self._patient else member), False
        return (f"unidentified-{person.mark}" if any(person.name) else ""), True
