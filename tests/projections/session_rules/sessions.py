"""Builders for sessions and claims in the tests of the rules engine."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from projections.session_rules.billed import BilledLine
from projections.session_rules.comparison import BilledClaim
from projections.session_rules.planning import plan_session, ruleset_for
from projections.session_rules.session import DocumentedService, Record, Session
from services.store.shipped_rule_packs import shipped_rulebook

DOS = date(2026, 3, 2)
SIGNED = datetime(2026, 3, 2, 18, tzinfo=UTC)
ELEMENTS = (
    "timed_minutes",
    "functional_activity",
    "goal_connection",
    "skilled_rationale",
    "assistance_level",
    "patient_response",
    "one_on_one",
)
GOOD_RECORD = Record(
    total_minutes=60,
    elements=dict.fromkeys(ELEMENTS, True),
    note_signed_at=SIGNED,
    plan_established_on=date(2026, 2, 2),
    plan_certified_through=date(2026, 4, 30),
    has_plan=True,
    kx_attestation={"necessity": True, "progress": True, "home_program": True},
)


@cache
def rulebook():
    return shipped_rulebook()


def timed(text):
    """`97530:23 97110:15/15` as services: code, minutes, and after a slash the assistant's."""
    services = []
    for part in text.split():
        code, _, minutes = part.partition(":")
        total, _, theirs = minutes.partition("/")
        services.append(DocumentedService(procedure=code, minutes=int(total), assistant_minutes=int(theirs or 0)))
    return tuple(services)


def session(minutes="", untimed="", discipline="PT", dos=DOS, payer="MEDICARE", **more):
    services = timed(minutes) + tuple(DocumentedService(procedure=code, timed=False) for code in untimed.split())
    return Session(
        discipline=discipline,
        dos=dos,
        services=services,
        payer_id=payer,
        **{"record": GOOD_RECORD, "diagnoses": ("M25.561",), **more},
    )


def plan(minutes="", untimed="", **more):
    planned = session(minutes, untimed, **more)
    return plan_session(planned, ruleset_for(planned, rulebook()))


def lines_of(planned):
    """`97530 x2 GP` for each line."""
    return [" ".join([line.procedure, f"x{line.units}", *line.modifiers]) for line in planned.lines]


def rules_of(findings):
    return {finding.rule for finding in findings}


def claim(*lines, payer="MEDICARE", diagnoses=("M25.561",), dos=DOS, **more):
    """Lines as `97530 x2 GP KX`, each charged 75 a unit."""
    billed = []
    for number, text in enumerate(lines, start=1):
        code, units, *modifiers = text.split()
        count = Decimal(units[1:])
        billed.append(
            BilledLine(
                number=number, procedure=code, modifiers=tuple(modifiers), units=count, dos=dos, charge=75 * count
            )
        )
    return BilledClaim(payer_id=payer, lines=tuple(billed), diagnoses=diagnoses, **more)
