"""Claims from before the month, so that at the demo's clock some windows are about to close and some just have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from services.demo.adjudicate import deny
from services.demo.clinic import GOLD, SESSIONS, bill
from services.demo.decide import decide
from services.demo.payers import CEDAR, LAKESHORE, MEDICARE, TAMARACK
from services.demo.people import DIAGNOSES, PHYSICIANS, THERAPISTS, Census
from services.demo.story import Life, Month, Tell
from services.demo.world import DemoClaim, DemoPatient, DemoPayer


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """One older claim: who pays, when it was served, and its story under the name of its shape."""

    shape: str
    payer: DemoPayer
    discipline: str
    dos: date
    tell: Tell


def rejected(category: str = "A7", status: str = "562", again_on: date | None = None) -> Tell:
    """Turned away by the payer; perhaps sent again much later, and turned away again."""

    def tell(_: Month, life: Life, __: int) -> None:
        for day in [life.claim.dos] + ([again_on] if again_on else []):
            sent = life.send(day)
            life.exchange_says(sent)
            life.payer_says(sent, category, status, entity="82", action="U")

    return tell


def silent(_: Month, life: Life, __: int) -> None:
    life.exchange_says(life.send(life.claim.dos))


def unpaid(_: Month, life: Life, __: int) -> None:
    life.accepted(life.send(life.claim.dos))


def denied(group: str, reason: str, paid_on: date, remarks: Sequence[str] = (), sent_on: date | None = None) -> Tell:
    def tell(_: Month, life: Life, __: int) -> None:
        life.accepted(life.send(sent_on or life.claim.dos))
        entry = deny(life.claim, life.entry.icn, group, reason, remarks)
        life.post(replace(entry, remarks=("MA01",) if life.claim.payer == MEDICARE else ()), paid_on)

    return tell


def paid(paid_on: date) -> Tell:
    def tell(_: Month, life: Life, __: int) -> None:
        life.accepted(life.send(life.claim.dos))
        life.post(life.entry, paid_on)

    return tell


def unprocessable(paid_on: date) -> Tell:
    def tell(_: Month, life: Life, __: int) -> None:
        life.accepted(life.send(life.claim.dos))
        entry = deny(life.claim, life.entry.icn, "CO", "16")
        life.post(replace(entry, remarks=("MA130", "N290")), paid_on)

    return tell


def overturned(first: date, second: date) -> Tell:
    """Denied, appealed, decided in our favor, paid."""

    def tell(_: Month, life: Life, __: int) -> None:
        life.accepted(life.send(life.claim.dos))
        life.post(deny(life.claim, life.entry.icn, "CO", "50", ("N180",)), first)
        life.post(life.entry, second)

    return tell


def _rows(shape: str, payer: DemoPayer, discipline: str, days: Sequence[str], tell: Tell) -> list[Old]:
    return [
        Old(shape=shape, payer=payer, discipline=discipline, dos=date.fromisoformat(day), tell=tell) for day in days
    ]


OLDER = (
    # Medicare, one calendar year from service: two windows just closed, the others close within weeks
    *_rows(
        "filing_medicare_rejected",
        MEDICARE,
        "PT",
        ("2025-11-03", "2025-11-05", "2025-11-06", "2025-11-07", "2025-11-11", "2025-11-17"),
        rejected(),
    ),
    *_rows("filing_medicare_silent", MEDICARE, "OT", ("2025-11-10", "2025-11-20", "2025-12-08"), silent),
    *_rows(
        "filing_medicare_rejected_twice", MEDICARE, "SLP", ("2025-11-13",), rejected("A6", "153", date(2026, 10, 19))
    ),
    *_rows("filing_medicare_unprocessable", MEDICARE, "OT", ("2025-11-18",), unprocessable(date(2025, 12, 5))),
    *_rows(
        "denied_29",
        MEDICARE,
        "PT",
        ("2025-10-06",),
        denied("CO", "29", date(2026, 11, 3), ("N211",), sent_on=date(2026, 10, 16)),
    ),
    # commercial windows of 90, 180 and 120 days
    *_rows(
        "filing_90_days",
        LAKESHORE,
        "PT",
        ("2026-08-05", "2026-08-07", "2026-08-10", "2026-08-14"),
        rejected("A3", "21"),
    ),
    *_rows("filing_180_days", CEDAR, "OT", ("2026-05-08", "2026-05-11", "2026-05-18"), silent),
    *_rows("filing_120_days", TAMARACK, "PT", ("2026-07-09", "2026-07-13"), rejected("A8", "453")),
    # appeals: Medicare 120 days and a reopening year, commercial 180, 90 and 60 days
    *_rows("appeal_medicare", MEDICARE, "PT", ("2026-06-15",), denied("CO", "50", date(2026, 7, 7), ("N180",))),
    *_rows("appeal_medicare", MEDICARE, "OT", ("2026-06-17",), denied("CO", "50", date(2026, 7, 10), ("N180",))),
    *_rows("appeal_medicare", MEDICARE, "SLP", ("2026-06-22",), denied("CO", "151", date(2026, 7, 14), ("N362",))),
    *_rows("reopening_kx", MEDICARE, "PT", ("2025-10-22",), denied("CO", "119", date(2025, 11, 12), ("N362",))),
    *_rows("appeal_lakeshore", LAKESHORE, "PT", ("2026-04-23",), denied("CO", "197", date(2026, 5, 14))),
    *_rows("appeal_cedar", CEDAR, "PT", ("2026-07-27",), denied("CO", "50", date(2026, 8, 12))),
    *_rows("appeal_tamarack", TAMARACK, "OT", ("2026-08-17",), denied("CO", "197", date(2026, 9, 8))),
    *_rows("appeal_overturned", MEDICARE, "PT", ("2026-03-09",), overturned(date(2026, 3, 27), date(2026, 8, 21))),
    # money outstanding, for the aging
    *_rows("accepted_unpaid", LAKESHORE, "PT", ("2026-06-08", "2026-08-24"), unpaid),
    *_rows("accepted_unpaid", CEDAR, "SLP", ("2026-07-06", "2026-09-14"), unpaid),
    *_rows("identity_linked", MEDICARE, "OT", ("2026-09-08",), unpaid),
    *_rows("paid_patient_owes", LAKESHORE, "PT", ("2026-06-01", "2026-07-20"), paid(date(2026, 8, 6))),
    *_rows("paid_patient_owes", CEDAR, "OT", ("2026-06-10",), paid(date(2026, 6, 24))),
    *_rows("paid_patient_settled", LAKESHORE, "PT", ("2026-05-04",), paid(date(2026, 5, 21))),
    *_rows("written_off", TAMARACK, "OT", ("2026-04-14",), rejected("A3", "21")),
    *_rows("paid_before_packs", MEDICARE, "PT", ("2025-12-03",), paid(date(2025, 12, 19))),
)


def older_lives(random: Random, census: Census, first_number: int) -> list[tuple[str, Life]]:
    """The lives of the older claims, each of a patient of its own, with the shape each belongs to."""
    out = []
    for number, old in enumerate(OLDER, first_number):
        claim = _claim(random, census, f"BT{number}", old)
        out.append((old.shape, Life(claim=claim, entry=decide(claim))))
    return out


def tell_older(month: Month, lives: Sequence[tuple[str, Life]]) -> None:
    for old, (shape, life) in zip(OLDER, lives, strict=True):
        old.tell(month, life, 0)
        month.shapes.setdefault(shape, []).append(life.claim.claim_id)
        month.lives.append(life)


def _claim(random: Random, census: Census, number: str, old: Old) -> DemoClaim:
    medicare = old.payer == MEDICARE
    patient = DemoPatient(
        person=census.person(old.payer, (66, 88) if medicare else (28, 63)),
        payer=old.payer,
        plan=GOLD if old.payer == LAKESHORE else "",
        copay={"LAKESHORE": 3000, "TAMARACK": 2500}.get(old.payer.payer_id, 0),
        coinsurance=20 if old.payer in (MEDICARE, CEDAR) else 0,
        referral=random.choice(PHYSICIANS),
        diagnoses=random.choice(DIAGNOSES[old.discipline]),
    )
    session = SESSIONS[old.discipline][old.dos.day % 2]
    return DemoClaim(
        claim_id=number,
        patient=patient,
        discipline=old.discipline,
        therapist=THERAPISTS[old.discipline],
        dos=old.dos,
        lines=bill(session, old.discipline, old.dos),
    )
