"""The writer of a history: a clock that mostly moves on, identities, and the facts of the claim being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from services.demo.cloud_events import dollars

Event = dict[str, Any]
PAYERS = ("MEDICARE", "MEDICARE", "LAKESHORE", "CEDAR", "UNHEARD-OF")
PRICES = {"97530": 7500, "97110": 6000, "97140": 5800, "97112": 6500, "97535": 6800, "92507": 14000, "97161": 18000}
MODIFIER = {"PT": "GP", "OT": "GO", "SLP": "GN"}


@dataclass(slots=True, kw_only=True)
class Case:
    """One claim: what is fixed about it, and what has happened to it so far."""

    claim_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    lines: list[dict[str, Any]]
    visit_id: str
    submissions: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def charge(self) -> int:
        return sum(line["cents"] for line in self.lines)

    @property
    def indicator(self) -> str:
        return "MB" if self.payer_id == "MEDICARE" else "CI"


class Teller:
    """Collects the events of one history. `number` makes its claims, patients and identities unlike all others'."""

    def __init__(self, random: Random, number: int) -> None:
        self.random, self.number = random, number
        self.events: list[Event] = []
        self.now = datetime(2026, 1, 5, 14, tzinfo=UTC) + timedelta(days=random.randint(0, 300))
        self._cases = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def wait(self) -> datetime:
        """Some time passes; one time in six none does, so that instants coincide."""
        if not self.chance(1 / 6):
            self.now += timedelta(minutes=self.random.randint(1, 60 * 24 * 9))
        return self.now

    def tell(self, kind: str, subject: str, data: dict[str, Any], **envelope: Any) -> Event:
        """Append one event, now. Anything but the data goes into the envelope."""
        event: Event = {
            "specversion": "1.0",
            "id": f"h{self.number}-{len(self.events)}",
            "source": "urn:synthetic:histories",
            "type": kind,
            "subject": subject,
            "time": f"{self.wait():%Y-%m-%dT%H:%M:%SZ}",
            "data": data,
        } | envelope
        self.events.append(event)
        return event

    def case(self) -> Case:
        """A new claim of this history's patient, sometimes on the day of the one before."""
        random = self.random
        discipline = random.choice(("PT", "PT", "OT", "SLP"))
        dos = (self.now - timedelta(days=random.choice((0, 0, 1, 3)))).date()
        name = f"H{self.number}-{self._cases}"
        self._cases += 1
        return Case(
            claim_id=name,
            patient_id=f"P{self.number}",
            payer_id=random.choice(PAYERS),
            discipline=discipline,
            dos=dos,
            lines=self._lines(discipline, dos),
            visit_id=f"V{name}",
        )

    def _lines(self, discipline: str, dos: date) -> list[dict[str, Any]]:
        random = self.random
        codes = random.sample(sorted(PRICES), random.randint(1, 4))
        lines = []
        for number, code in enumerate(codes, 1):
            units = 1 if code in {"92507", "97161"} else random.randint(1, 3)
            extra = [m for m, share in (("KX", 0.15), ("59", 0.1), ("CQ", 0.05)) if self.chance(share)]
            lines.append(
                {
                    "number": number,
                    "procedure": code,
                    "modifiers": [MODIFIER[discipline], *extra],
                    "units": units,
                    "cents": PRICES[code] * units,
                    "dos": dos.isoformat(),
                }
            )
        return lines


def charged(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines as an event spells them: amounts as strings."""
    return [
        {key: value for key, value in line.items() if key != "cents"} | {"charge": dollars(line["cents"])}
        for line in lines
    ]
