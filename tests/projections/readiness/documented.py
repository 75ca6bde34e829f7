"""A patient's day, reported by events and folded by pure functions alone."""

from datetime import date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from events.registry import TYPES
from events.visit import VisitDocumented
from projections.claims.fold import fold_claim
from projections.history import LoggedEvent
from projections.keys import day_key, parse_day
from projections.readiness.day import fold_readiness, read_day
from projections.readiness.parties import StoredVisit
from projections.readiness.rows import read_visit
from projections.rows.claims import claim_rows, line_rows
from projections.rows.day_prices import DayClaimLine, fold_day
from projections.tables.line_facts import LineFacts
from projections.terms.terms_in_force import Reference
from services.store.shipped_rule_packs import shipped_rulebook

DOS = "2026-03-02"
RULES = shipped_rulebook()
ZONE = ZoneInfo("America/Chicago")
ELEMENTS = dict.fromkeys(
    (
        "timed_minutes",
        "functional_activity",
        "goal_connection",
        "skilled_rationale",
        "assistance_level",
        "patient_response",
        "one_on_one",
    ),
    True,
)
_numbers = count(1)


def reference(*policies, contracts=()):
    return Reference(rules=RULES, zone=ZONE, policies=policies, contracts=contracts)


def event(kind, data, time):
    instant = datetime.fromisoformat(time)
    number = next(_numbers)
    return LoggedEvent(
        source="test",
        id=f"e{number}",
        type=kind,
        subject="x",
        time=instant,
        recorded_at=instant,
        data=TYPES[kind].model_validate(data),
    )


def visit(visit_id="V1", timed="97530:23 97110:15", *, untimed="", dos=DOS, payer="MEDICARE", **more):
    """A clean visit; `97110:15/15` gives the assistant's minutes after a slash."""
    services = []
    for part in timed.split():
        code, _, minutes = part.partition(":")
        total, _, theirs = minutes.partition("/")
        services.append(
            {"procedure": code, "minutes": int(total)} | ({"assistant_minutes": int(theirs)} if theirs else {})
        )
    return {
        "visit_id": visit_id,
        "patient_id": "P1",
        "payer_id": payer,
        "discipline": "PT",
        "dos": dos,
        "ended_at": f"{dos}T16:00:00+00:00",
        "therapist_id": "T1",
        "timed": services,
        "untimed": [{"procedure": code} for code in untimed.split()],
        "total_minutes": sum(service["minutes"] for service in services) + 5,
        "diagnoses": ["M25.561"],
        "plan_of_care": {"established_on": "2026-02-02", "certified_through": "2026-04-30"},
        "documentation": ELEMENTS,
        "note_signed_at": f"{dos}T16:10:00+00:00",
        "kx_attestation": True,
    } | more


def sent(*lines, claim_id="A", time="2026-03-02T22:00:00+00:00", payer="MEDICARE", dos=DOS, **more):
    """claim.submitted; lines as `97530 x2 GP KX`, each charged 75 a unit."""
    billed = []
    for number, text in enumerate(lines, 1):
        code, units, *modifiers = text.split()
        amount = 75 * int(units[1:])
        billed.append(
            {
                "number": number,
                "procedure": code,
                "modifiers": modifiers,
                "units": units[1:],
                "charge": f"{amount}.00",
                "dos": dos,
            }
        )
    total = sum(float(line["charge"]) for line in billed)
    data = {
        "claim_id": claim_id,
        "patient_id": "P1",
        "payer_id": payer,
        "billing_npi": "1999999984",
        "place_of_service": "11",
        "total_charge": f"{total:.2f}",
        "diagnoses": ["M25.561"],
        "lines": billed,
    }
    return event("claim.submitted.v1", data | more, time)


def answered(
    sending,
    kind="payment.posted.v1",
    on="2026-03-20",
    *,
    group="CO",
    reason="45",
    time=None,
    remarks=(),
    line_remarks=(),
    lines=None,
    **more,
):
    """The payer's answer to a sending: every line paid 10.00, or with `claim.denied.v1` nothing."""
    paid = 0 if kind == "claim.denied.v1" else 10
    told = [
        {
            "number": line.number,
            "procedure": line.procedure,
            "modifiers": line.modifiers,
            "units": str(line.units),
            "charge": f"{line.charge:.2f}",
            "paid": f"{paid}.00",
            "dos": line.dos.isoformat(),
            "remark_codes": list(line_remarks),
            "adjustments": [{"group": group, "reason": reason, "amount": f"{line.charge - paid:.2f}"}],
        }
        for line in sending.data.lines
        if lines is None or line.number in lines
    ]
    data = {
        "claim_id": sending.data.claim_id,
        "payer_id": sending.data.payer_id,
        "status_code": "1",
        "ordinal": 1,
        "remit": {"trace_number": f"T{next(_numbers)}", "payment_date": on, "total_paid": f"{paid * len(told)}.00"},
        "charge": f"{sending.data.total_charge:.2f}",
        "paid": f"{paid * len(told)}.00",
        "lines": told,
        "remark_codes": list(remarks),
    } | more
    return event(kind, data, time or f"{on}T15:00:00+00:00")


def rejected(claim_id="A", status="562", time="2026-03-03T15:00:00+00:00", **more):
    codes = [{"list": "277", "category": "A7", "status": status}]
    return event("claim.rejected.v1", {"claim_id": claim_id, "stage": "payer", "codes": codes} | more, time)


def accepted(claim_id="A", time="2026-03-03T15:00:00+00:00"):
    return event("claim.acknowledged.v1", {"claim_id": claim_id, "stage": "payer", "category": "A2"}, time)


def done(kind, time, worklist, claim_id="A", **more):
    """What a person did about an item."""
    return event(f"work.{kind}.v1", {"claim_id": claim_id, "worklist": worklist, "by": "kim"} | more, time)


class Day:
    """What the folds make of a day: rows of claim, line_price, finding and readiness."""

    def __init__(self, visits, claims, terms, dos):
        name = parse_day(day_key("default", "P1", date.fromisoformat(dos)))
        states = [fold_claim("default", events[0].data.claim_id, events, terms) for events in claims]
        self.claims = {state.claim_id: claim_rows(state, terms)[0] for state in states}
        rows = [row for state in states for row in line_rows(state, terms) if row["dos"] == name.dos]
        self.lines = lines = [DayClaimLine(SimpleNamespace(**row), LineFacts.from_json(row["facts"])) for row in rows]
        stored = [_stored_visit(data, terms) for data in visits]
        self.prices = fold_day(name, lines, terms)
        folded = fold_readiness(read_day(name, (lines, stored), self.prices, terms), terms)
        self.findings, self.readiness = folded.findings, {row["visit_id"]: row for row in folded.readiness}
        self.unbilled = {item.item: item for item in folded.unbilled}

    def rules(self, **wanted):
        """The rules of the findings that have these values."""
        return {row["rule"] for row in self.findings if wanted.items() <= row.items()}


def _stored_visit(data, terms):
    closed = data.get("closed")
    told = VisitDocumented.model_validate({name: value for name, value in data.items() if name != "closed"})
    facts = told.model_dump(mode="json", exclude_none=True)
    row = SimpleNamespace(
        visit_id=told.visit_id,
        patient_id=terms.patient(told.patient_id),
        payer_id=terms.payer(told.payer_id),
        discipline=told.discipline,
        dos=told.dos,
        facts=facts,
        closed=closed,
        work=None,
    )
    return StoredVisit.read(row)


def day(*visits, claims=(), terms=None, dos=DOS):
    return Day(visits, claims, terms or reference(), dos)


def rows(table):
    """Rows of `readiness` as a fold reads them back."""
    return [read_visit(SimpleNamespace(**row), with_plan=True) for row in table]


def on(number, start="2026-03-02", gap=2):
    """The date of a numbered treatment day, from 1."""
    return (date.fromisoformat(start) + timedelta(days=gap * (number - 1))).isoformat()
