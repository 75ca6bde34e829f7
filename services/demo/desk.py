"""What people and offices do around the claims: terms, balances, the billers' work, appeals, money from patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.demo import payers
from services.demo.clinic import Book
from services.demo.cloud_events import DESK, OFFICE, PORTAL, CloudEventJson, dollars, event
from services.demo.story import Life, Month
from services.demo.workdays import local
from services.demo.world import DemoPatient, DemoPerson
from services.demo.x12writer import day
from services.intake.claim_parties import PartyName as Party

OPENS = local("2025-09-01 09:00")
OSEI, ABARA = "d.osei", "n.abara"


class DemoDesk:
    """Writes people's events about claims of a named shape, numbering them as it goes."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self._lives = {life.claim.claim_id: life for life in month.lives}
        self._count = 0

    def claims(self, shape: str) -> list[Life]:
        return [self._lives[claim_id] for claim_id in self.month.shapes[shape]]

    def does(self, kind: str, life: Life, when: datetime, **data: Any) -> CloudEventJson:
        self._count += 1
        claim_id = life.claim.claim_id
        item = event((DESK, f"desk-{self._count:04d}"), kind, claim_id, when, {"claim_id": claim_id} | data)
        self.month.desk.append(item)
        return item


def terms() -> list[CloudEventJson]:
    """Policies and contracts, published before the first claim; the newer Cedar Bluff schedule in June 2026."""
    out = [
        event((OFFICE, f"policy-{data['payer_id']}-1"), "policy.published.v1", data["payer_id"], OPENS, data)
        for data in payers.policy_data()
    ]
    for data in payers.contract_data():
        starts = datetime.fromisoformat(data["effective_from"])
        when = max(OPENS, starts - timedelta(days=16) + timedelta(hours=10))
        name = f"contract-{data['contract_id']}-{data['version']}"
        out.append(event((OFFICE, name), "contract.published.v1", data["contract_id"], when, data))
    return out


def balances(book: Book, finalised: dict[str, list[tuple[date, int]]]) -> list[CloudEventJson]:
    """Medicare's own figure for each patient near the threshold.

    For the one in the alert band a later, higher one (another clinic's 85.00 is in it), then an older one, last.
    """
    out = []
    alert = min(book.used_before, key=lambda key: book.used_before[key])
    for number, (key, used) in enumerate(book.used_before.items()):
        out.append(_balance(f"balance-{number}", key, used, date(2026, 9, 30), local("2026-10-01 07:05")))
        if key == alert:
            later = date(2026, 10, 20)
            own = sum(allowed for paid_on, allowed in finalised.get(key[0], []) if paid_on <= later)
            out.append(_balance("balance-later", key, used + own + 85_00, later, local("2026-10-21 07:05")))
            out.append(_balance("balance-stale", key, used, date(2026, 10, 8), local("2026-10-22 07:05")))
    return out


def _balance(event_id: str, key: tuple[str, str], used: int, as_of: date, when: datetime) -> CloudEventJson:
    patient_id, bucket = key
    return event(
        (PORTAL, event_id),
        "therapy.balance_observed.v1",
        patient_id,
        when,
        {
            "patient_id": patient_id,
            "bucket": bucket,
            "year": as_of.year,
            "used_amount": dollars(used),
            "as_of": as_of.isoformat(),
            "source": "portal",
        },
    )


def registrations(lives: Sequence[Life]) -> list[CloudEventJson]:
    """Who the patients are, under the numbers their claims carry; lists show no more of it than the initials."""
    known: dict[str, DemoPerson] = {}
    for life in lives:
        patient = life.claim.patient
        known.setdefault(_number(patient), patient.dependent or patient.person)
    return [
        event(
            (OFFICE, f"patient-{count:04d}"),
            "patient.registered.v1",
            number,
            OPENS,
            {"patient_id": number, "name": f"{person.first} {person.last}", "birth_date": person.born.isoformat()},
        )
        for count, (number, person) in enumerate(known.items(), 1)
    ]


def _number(patient: DemoPatient) -> str:
    """What intake calls the patient of an 837P: the member, or for a dependent the member with a mark of the child."""
    child = patient.dependent
    return f"{patient.id}-{Party((child.last, child.first, ''), day(child.born)).mark}" if child else patient.id


def work(month: Month) -> None:
    """The billers' days: rejections, denials, appeals, disputes, patients' money."""
    desk = DemoDesk(month)
    _linked(desk)
    _rejections(desk)
    _denials(desk)
    _money(desk)


def _linked(desk: DemoDesk) -> None:
    """A patient of September came back under a new Medicare number."""
    old = desk.claims("identity_linked")[0].claim.patient.id
    new = next(
        life.claim.patient.id
        for life in desk.month.lives
        if life.claim.payer == payers.MEDICARE and life.claim.discipline == "OT" and not life.tag
    )
    desk.month.desk.append(
        event(
            (OFFICE, "link-0001"),
            "identity.linked.v1",
            new,
            local("2026-10-05 08:30"),
            {"kind": "patient", "from": old, "to": new},
        )
    )
    _dependent_linked(desk)


def _dependent_linked(desk: DemoDesk) -> None:
    """The visits of a child are under the clinic's chart number, its claims under what intake makes of the 837P."""
    patient = desk.claims("dependent_patient")[0].claim.patient
    linked = {"kind": "patient", "from": patient.chart, "to": _number(patient)}
    when = local("2026-10-05 08:31")
    desk.month.desk.append(event((OFFICE, "link-0002"), "identity.linked.v1", linked["to"], when, linked))


def _rejections(desk: DemoDesk) -> None:
    for index, shape in enumerate(("payer_reject_a3", "payer_reject_a6", "filing_medicare_rejected", "filing_90_days")):
        for life in desk.claims(shape)[:2]:
            morning = local(f"2026-11-02 09:1{index}")
            desk.does("work.assigned.v1", life, morning, worklist="rejection", by=OSEI, assignee=ABARA)
    for life in desk.claims("second_rejection")[:2]:
        desk.does(
            "work.resolved.v1",
            life,
            local("2026-11-05 11:40"),
            worklist="rejection",
            by=ABARA,
            resolution="reason_identified",
            note="member number transposed",
        )
    life = desk.claims("clearinghouse_reject")[2]
    desk.does("work.snoozed.v1", life, local("2026-11-04 15:20"), worklist="rejection", by=ABARA, until="2026-11-09")
    life = desk.claims("accepted_a1_only")[0]
    noted = desk.does(
        "work.noted.v1",
        life,
        local("2026-11-03 10:02"),
        worklist="missing_ack",
        by=ABARA,
        note="payer line: in process",
    )
    desk.does(
        "work.noted.v1",
        life,
        local("2026-11-03 10:05"),
        worklist="missing_ack",
        by=ABARA,
        note="payer line: received, pended for review",
    )
    desk.does(
        "event.withdrawn.v1",
        life,
        local("2026-11-03 10:06"),
        source=noted["source"],
        id=noted["id"],
        by=ABARA,
        why="wrong wording",
    )
    for life in desk.claims("written_off"):
        desk.does(
            "claim.written_off.v1",
            life,
            local("2026-09-30 16:00"),
            amount=dollars(life.claim.charge),
            reason="filing window passed",
            by=OSEI,
        )


def _denials(desk: DemoDesk) -> None:
    filed = desk.claims("denied_50")[0]
    desk.does(
        "appeal.filed.v1",
        filed,
        local("2026-11-02 14:00"),
        level=1,
        filed_on="2026-11-02",
        reference="RD-26-0081",
        reason="necessity is documented",
        by=ABARA,
    )
    won = desk.claims("appeal_overturned")[0]
    desk.does(
        "appeal.filed.v1",
        won,
        local("2026-04-10 14:00"),
        level=1,
        filed_on="2026-04-10",
        reference="RD-26-0032",
        reason="necessity is documented",
        by=ABARA,
    )
    desk.does(
        "appeal.decided.v1", won, local("2026-08-03 09:00"), level=1, decided_on="2026-08-03", outcome="overturned"
    )
    asked = desk.claims("records_requested")[0]
    desk.does(
        "records.requested.v1",
        asked,
        local("2026-10-30 09:00"),
        due_on="2026-11-20",
        reason="daily notes and plan of care",
        by="LAKESHORE",
    )
    later = desk.claims("appeal_lakeshore")[0]
    desk.does("work.assigned.v1", later, local("2026-11-05 09:00"), worklist="denial", by=OSEI, assignee=OSEI)


def _money(desk: DemoDesk) -> None:
    for life in desk.claims("paid_patient_settled"):
        desk.does(
            "patient.paid.v1",
            life,
            local("2026-06-08 12:00"),
            amount=dollars(life.entry.patient_share),
            by="front desk",
        )
    for life in desk.claims("paid_patient_owes")[:1]:
        desk.does(
            "patient.paid.v1", life, local("2026-09-03 12:00"), amount="10.00", reason="part payment", by="front desk"
        )
    missing: dict[str, tuple[Life, list[int], int]] = {}
    for life, line, cause, cents in desk.month.underpaid:
        if cause == "old_rate" and len(missing) < 3:
            known = missing.setdefault(life.claim.claim_id, (life, [], 0))
            missing[life.claim.claim_id] = (life, [*known[1], line], known[2] + cents)
    for life, lines, cents in missing.values():
        desk.does(
            "dispute.opened.v1",
            life,
            local("2026-10-29 10:00"),
            lines=lines,
            contract="cedar-therapy",
            amount=dollars(cents),
            by=OSEI,
        )
