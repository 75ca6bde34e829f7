"""Who comes to the clinics of a synthetic year: patients, their days and their claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from services.demo.clinic import EVALUATIONS, GOLD, SESSIONS, SILVER, bill
from services.demo.payers import CEDAR, LAKESHORE, MEDICARE, TAMARACK
from services.demo.people import DIAGNOSES, PHYSICIANS, THERAPISTS, Census
from services.demo.prices import KX_THRESHOLD, PART_B_DEDUCTIBLE, Price, medicare_day
from services.demo.world import DemoClaim, DemoLine, DemoPatient

VISITS_A_YEAR = 18
_MIX = (MEDICARE, LAKESHORE, MEDICARE, CEDAR, MEDICARE, LAKESHORE, MEDICARE, CEDAR, TAMARACK, LAKESHORE)
_SHARES = {
    MEDICARE.payer_id: (0, 20),
    LAKESHORE.payer_id: (3000, 0),
    CEDAR.payer_id: (0, 20),
    TAMARACK.payer_id: (2500, 0),
}


@dataclass(frozen=True, slots=True)
class Treated:
    """One claim of one visit, with Medicare's price of its lines (the claims of a patient's day compete)."""

    claim: DemoClaim
    prices: Sequence[Price] = ()


@dataclass(slots=True)
class _Regular:
    patient: DemoPatient
    disciplines: tuple[str, ...]
    visits: int = 0


class Crowd:
    """Hands out each day's claims.

    One patient in ten comes three times as often; one in twenty has two disciplines on the same day. KX goes on the
    lines that end above the threshold, the practice's own claims counted in order of service.
    """

    def __init__(self, random: Random, claims: int) -> None:
        self._random = random
        self._count = 0
        self._used: dict[tuple[str, bool], int] = {}
        census = Census(random)
        people = [self._regular(census, number) for number in range(max(40, claims // VISITS_A_YEAR))]
        self._queue = [regular for turn in range(3) for n, regular in enumerate(people) if turn == 0 or n % 10 == 0]
        random.shuffle(self._queue)
        self._next = 0

    def day(self, dos: date, quota: int) -> Iterator[list[Treated]]:
        """Groups of claims, a group being one patient's day, until `quota` claims are reached."""
        seen: set[str] = set()
        served = 0
        while served < quota:
            regular = self._queue[self._next % len(self._queue)]
            self._next += 1
            if regular.patient.id in seen and len(seen) < len(self._queue) // 3:
                continue
            seen.add(regular.patient.id)
            group = self._treat(regular, dos)
            regular.visits += 1
            served += len(group)
            yield group

    def _regular(self, census: Census, number: int) -> _Regular:
        random = self._random
        payer = _MIX[number % len(_MIX)]
        disciplines = ("PT", "OT") if payer == MEDICARE and number % 20 == 0 else (("PT", "OT", "SLP")[number % 3],)
        copay, coinsurance = _SHARES[payer.payer_id]
        patient = DemoPatient(
            person=census.person(payer),
            payer=payer,
            copay=copay,
            coinsurance=coinsurance,
            plan=(GOLD, SILVER)[number // 10 % 2] if payer == LAKESHORE else "",
            deductible=PART_B_DEDUCTIBLE if payer == MEDICARE else 0,
            referral=random.choice(PHYSICIANS),
            diagnoses=random.choice(DIAGNOSES[disciplines[0]]),
        )
        return _Regular(patient, disciplines)

    def _treat(self, regular: _Regular, dos: date) -> list[Treated]:
        patient = regular.patient
        billed = [self._bill(discipline, dos, first=regular.visits == 0) for discipline in regular.disciplines]
        if patient.payer != MEDICARE:
            return [
                Treated(self._claim(patient, discipline, dos, lines))
                for discipline, lines in zip(regular.disciplines, billed, strict=True)
            ]
        return [
            Treated(self._claim(patient, discipline, dos, self._attest(patient.id, discipline, lines, prices)), prices)
            for discipline, lines, prices in zip(regular.disciplines, billed, medicare_day(billed), strict=True)
        ]

    def _bill(self, discipline: str, dos: date, *, first: bool) -> tuple[DemoLine, ...]:
        session = EVALUATIONS[discipline] if first else self._random.choice(SESSIONS[discipline])
        return bill(session, discipline, dos, assisted=discipline == "PT" and self._random.random() < 0.04)

    def _claim(self, patient: DemoPatient, discipline: str, dos: date, lines: tuple[DemoLine, ...]) -> DemoClaim:
        self._count += 1
        return DemoClaim(
            claim_id=f"Y{self._count:08d}",
            patient=patient,
            discipline=discipline,
            therapist=THERAPISTS[discipline],
            dos=dos,
            lines=lines,
        )

    def _attest(
        self, patient_id: str, discipline: str, lines: tuple[DemoLine, ...], prices: Sequence[Price]
    ) -> tuple[DemoLine, ...]:
        key = (patient_id, discipline == "OT")
        used = self._used.get(key, 0)
        out = []
        for line, price in zip(lines, prices, strict=True):
            used += price.allowed
            out.append(replace(line, modifiers=(*line.modifiers, "KX")) if used > KX_THRESHOLD else line)
        self._used[key] = used
        return tuple(out)
