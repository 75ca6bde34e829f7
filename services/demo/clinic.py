"""The three therapists' appointment book: who is seen when, for what, and the claims that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from services.demo.payers import CEDAR, FOXGLOVE, LAKESHORE, MEDICARE, TAMARACK
from services.demo.people import DIAGNOSES, PHYSICIANS, THERAPISTS, Census
from services.demo.prices import KX_THRESHOLD, Price, medicare_day
from services.demo.workdays import workdays
from services.demo.world import DemoClaim, DemoLine, DemoPatient, DemoPayer

FIRST, HANDOVER, LAST = date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 30)
MODIFIER = {"PT": "GP", "OT": "GO", "SLP": "GN"}
CHARGES = {
    "97110": 6000,
    "97112": 6500,
    "97116": 6000,
    "97140": 5800,
    "97530": 7500,
    "97535": 6800,
    "97161": 18000,
    "97165": 18500,
    "92507": 14000,
    "92526": 15500,
    "92523": 38000,
}
DemoSession = tuple[tuple[str, int], ...]
SESSIONS: dict[str, tuple[DemoSession, ...]] = {
    "PT": (
        (("97530", 2), ("97110", 1), ("97140", 1)),
        (("97110", 2), ("97530", 1), ("97112", 1)),
        (("97530", 2), ("97110", 2)),
    ),
    "OT": ((("97535", 2), ("97530", 2)), (("97530", 2), ("97110", 1), ("97535", 1)), (("97535", 2), ("97112", 1))),
    "SLP": ((("92507", 1),), (("92526", 1), ("92507", 1)), (("92507", 1),)),
}
EVALUATIONS: dict[str, DemoSession] = {
    "PT": (("97161", 1), ("97530", 1), ("97110", 1)),
    "OT": (("97165", 1), ("97535", 1)),
    "SLP": (("92523", 1),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A standing appointment. `tag` marks patients with a part to play.

    The others are discharged in mid-month; a new patient of the same payer follows, beginning with an evaluation.
    """

    discipline: str
    weekdays: tuple[int, ...]
    payer: DemoPayer
    tag: str = ""
    plan: str = ""


MWF, TTH = (0, 2, 4), (1, 3)
GOLD, SILVER = "GOLD", "SILVER"
SLOTS = (
    Slot(discipline="PT", weekdays=MWF, payer=MEDICARE, tag="kx_pt_right"),
    Slot(discipline="PT", weekdays=MWF, payer=MEDICARE, tag="kx_pt_missing"),
    Slot(discipline="PT", weekdays=MWF, payer=MEDICARE, tag="dual"),
    Slot(discipline="PT", weekdays=MWF, payer=CEDAR),
    Slot(discipline="PT", weekdays=MWF, payer=CEDAR),
    Slot(discipline="PT", weekdays=MWF, payer=LAKESHORE, plan=GOLD),
    Slot(discipline="PT", weekdays=MWF, payer=TAMARACK),
    Slot(discipline="PT", weekdays=TTH, payer=MEDICARE, tag="crossover"),
    Slot(discipline="PT", weekdays=TTH, payer=MEDICARE, tag="assistant"),
    Slot(discipline="PT", weekdays=TTH, payer=MEDICARE),
    Slot(discipline="PT", weekdays=TTH, payer=CEDAR),
    Slot(discipline="PT", weekdays=TTH, payer=CEDAR),
    Slot(discipline="PT", weekdays=TTH, payer=LAKESHORE, plan=SILVER),
    Slot(discipline="PT", weekdays=TTH, payer=TAMARACK),
    Slot(discipline="OT", weekdays=MWF, payer=MEDICARE, tag="kx_ot_missing"),
    Slot(discipline="OT", weekdays=MWF, payer=MEDICARE, tag="kx_ot_review"),
    Slot(discipline="OT", weekdays=MWF, payer=MEDICARE, tag="dual"),
    Slot(discipline="OT", weekdays=MWF, payer=LAKESHORE, plan=GOLD),
    Slot(discipline="OT", weekdays=MWF, payer=CEDAR),
    Slot(discipline="OT", weekdays=MWF, payer=TAMARACK),
    Slot(discipline="OT", weekdays=TTH, payer=MEDICARE),
    Slot(discipline="OT", weekdays=TTH, payer=MEDICARE),
    Slot(discipline="OT", weekdays=TTH, payer=LAKESHORE, plan=GOLD),
    Slot(discipline="OT", weekdays=TTH, payer=CEDAR),
    Slot(discipline="OT", weekdays=TTH, payer=TAMARACK),
    Slot(discipline="SLP", weekdays=MWF, payer=MEDICARE, tag="kx_alert"),
    Slot(discipline="SLP", weekdays=MWF, payer=MEDICARE),
    Slot(discipline="SLP", weekdays=MWF, payer=LAKESHORE, plan=GOLD),
    Slot(discipline="SLP", weekdays=MWF, payer=CEDAR, tag="dependent"),
    Slot(discipline="SLP", weekdays=TTH, payer=MEDICARE, tag="deductible"),
    Slot(discipline="SLP", weekdays=TTH, payer=MEDICARE, tag="crossover_slp"),
    Slot(discipline="SLP", weekdays=TTH, payer=LAKESHORE, plan=GOLD),
    Slot(discipline="SLP", weekdays=TTH, payer=TAMARACK),
)
# Patients of Medicare whose yearly balance comes from the payer: (dollars used before the month are chosen so that)
# after this
# many visits the next line crosses the threshold; or (negative) the month ends at this many cents.
CROSSINGS = {"kx_pt_right": 8, "kx_pt_missing": 5, "kx_ot_missing": 5, "kx_ot_review": -2962_00, "kx_alert": -2311_00}
LEAVES_OUT_KX = {"kx_pt_missing": (5, 6, 11), "kx_ot_missing": (5,)}  # visits, counted from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSeen:
    """One visit and its claim. `slot` is the hour's order in the day, `ordinal` the visit's of this patient."""

    claim: DemoClaim
    tag: str
    hour: int
    ordinal: int
    evaluation: bool
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The month: visits in order, what Medicare had counted before it, and the Medicare price of every claim."""

    seen: tuple[PatientSeen, ...]
    used_before: dict[tuple[str, str], int]
    prices: dict[str, list[Price]]


def appointment_book(random: Random, census: Census, first_number: int) -> Book:
    """All visits of the month, in order of day and hour."""
    rota = _rota(random, census)
    seen: list[PatientSeen] = []
    visits: dict[str, int] = defaultdict(int)
    for dos in workdays(FIRST, LAST):
        for hour, (slot, patients) in enumerate(rota):
            if dos.weekday() in slot.weekdays:
                patient = patients[-1] if dos >= HANDOVER else patients[0]
                key = patient.id + slot.discipline
                starts = visits[key] == 0 and (slot.tag == "deductible" or (len(patients) > 1 and dos >= HANDOVER))
                number = f"BT{first_number + len(seen)}"
                seen.append(
                    _visit(random, number, slot, hour, patient=patient, dos=dos, ordinal=visits[key], starts=starts)
                )
                visits[key] += 1
    return _count_towards_threshold(seen)


def _rota(random: Random, census: Census) -> list[tuple[Slot, list[DemoPatient]]]:
    dual: DemoPatient | None = None
    rota: list[tuple[Slot, list[DemoPatient]]] = []
    for slot in SLOTS:
        if slot.tag == "dual":
            dual = dual or _patient(random, census, slot)
            rota.append((slot, [dual]))
        else:
            rota.append((slot, [_patient(random, census, slot) for _ in range(1 if slot.tag else 2)]))
    return rota


def _patient(random: Random, census: Census, slot: Slot) -> DemoPatient:
    medicare = slot.payer == MEDICARE
    person = census.person(slot.payer, (66, 88) if medicare else (28, 63))
    return DemoPatient(
        person=person,
        payer=slot.payer,
        plan=slot.plan,
        copay={"LAKESHORE": 3000, "TAMARACK": 2500}.get(slot.payer.payer_id, 0),
        coinsurance=20 if slot.payer in (MEDICARE, CEDAR) else 0,
        deductible=283_00 if slot.tag == "deductible" else 0,
        secondary=FOXGLOVE if slot.tag.startswith("crossover") else None,
        dependent=census.person(slot.payer, (5, 9)) if slot.tag == "dependent" else None,
        chart="CHART-0417" if slot.tag == "dependent" else "",
        referral=random.choice(PHYSICIANS),
        diagnoses=random.choice(DIAGNOSES[slot.discipline]),
    )


def _visit(
    random: Random, number: str, slot: Slot, hour: int, *, patient: DemoPatient, dos: date, ordinal: int, starts: bool
) -> PatientSeen:
    sessions = SESSIONS[slot.discipline]
    session = EVALUATIONS[slot.discipline] if starts else sessions[(hour + ordinal) % len(sessions)]
    assisted = slot.tag == "assistant" and ordinal < 4 and not starts
    lines = bill(session, slot.discipline, dos, assisted=assisted)
    extra = random.randint(0, 4)  # up to seven minutes more would not change a unit
    minutes = tuple(15 * line.units + (extra if line.number == 1 else 0) for line in lines)
    claim = DemoClaim(
        claim_id=number,
        patient=patient,
        discipline=slot.discipline,
        therapist=THERAPISTS[slot.discipline],
        dos=dos,
        lines=lines,
    )
    return PatientSeen(claim=claim, tag=slot.tag, hour=hour, ordinal=ordinal, evaluation=starts, minutes=minutes)


def bill(session: DemoSession, discipline: str, dos: date, *, assisted: bool = False) -> tuple[DemoLine, ...]:
    """A session's billed lines: discipline modifier, 59 on manual therapy billed with activities, CQ where assisted."""
    codes = [code for code, _ in session]
    return tuple(
        DemoLine(
            number=number,
            procedure=code,
            modifiers=(
                MODIFIER[discipline],
                *(("59",) if code == "97140" and "97530" in codes else ()),
                *(("CQ",) if assisted and code == "97110" else ()),
            ),
            units=units,
            charge=CHARGES[code] * units,
            dos=dos,
        )
        for number, (code, units) in enumerate(session, 1)
    )


def _count_towards_threshold(seen: Sequence[PatientSeen]) -> Book:
    prices = _day_prices(seen)
    used_before: dict[tuple[str, str], int] = {}
    changed: dict[str, DemoClaim] = {}
    for tag, mark in CROSSINGS.items():
        own = [visit for visit in seen if visit.tag == tag]
        totals = [sum(price.allowed for price in prices[visit.claim.claim_id]) for visit in own]
        used = -mark - sum(totals) if mark < 0 else KX_THRESHOLD - sum(totals[:mark]) - 10_00
        claim = own[0].claim
        used_before[claim.patient.id, "OT" if claim.discipline == "OT" else "PT_SLP"] = used
        changed |= _attest(own, prices, used, LEAVES_OUT_KX.get(tag, ()))
    kept = tuple(replace(visit, claim=changed.get(visit.claim.claim_id, visit.claim)) for visit in seen)
    return Book(kept, used_before, prices)


def _attest(
    own: Sequence[PatientSeen], prices: dict[str, list[Price]], used: int, forgets: Iterable[int]
) -> dict[str, DemoClaim]:
    """KX on every line that ends above the threshold, save on the visits where the clinic forgets it."""
    changed = {}
    for visit in own:
        lines = []
        for line, price in zip(visit.claim.lines, prices[visit.claim.claim_id], strict=True):
            used += price.allowed
            over = used > KX_THRESHOLD and visit.ordinal not in forgets
            lines.append(replace(line, modifiers=(*line.modifiers, "KX")) if over else line)
        changed[visit.claim.claim_id] = replace(visit.claim, lines=tuple(lines))
    return changed


def _day_prices(seen: Sequence[PatientSeen]) -> dict[str, list[Price]]:
    """Medicare's price of every Medicare claim, the claims of one patient's day priced together."""
    days: dict[tuple[str, date], list[DemoClaim]] = defaultdict(list)
    for visit in seen:
        if visit.claim.payer == MEDICARE:
            days[visit.claim.patient.id, visit.claim.dos].append(visit.claim)
    return {
        claim.claim_id: price
        for day in days.values()
        for claim, price in zip(day, medicare_day([c.lines for c in day]), strict=True)
    }
