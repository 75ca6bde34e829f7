"""The fields of letters: what each is called, and how its value is made. None where it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from services.presentation.formatting import day, dollars, plural
from services.presentation.letters.claim_values import (
    Make,
    accepted,
    appeal_clock,
    argument,
    changes,
    clock,
    dated,
    decision_date,
    denied_charge,
    denied_lines,
    first_last,
    kx_lines,
    lines,
    of_claim,
    payer_number,
    replaced_number,
    segments,
    sent,
    service_dates,
    submissions,
    submitted_on,
    threshold,
)
from services.presentation.letters.kinds import LetterKind
from services.presentation.letters.money_values import (
    account,
    cause,
    contract_terms,
    credit,
    patient_share,
    payments,
    price_steps,
    priced_lines,
    refund_cause,
    underpaid,
)

LEVELS = {1: "First-level", 2: "Second-level", 3: "Third-level", 4: "Fourth-level", 5: "Fifth-level"}


@dataclass(frozen=True)
class LetterField:
    """`kinds`: the letters that have it; none means all. `block`: it is a table and stands alone in its paragraph."""

    label: str
    make: Make
    kinds: tuple[LetterKind, ...] = ()
    block: bool = False


_K = LetterKind
FIELDS: Mapping[str, LetterField] = {
    "today": LetterField("Today's date", lambda f: day(f.today)),
    "practice_name": LetterField("Name of the practice", lambda f: f.profile.name or None),
    "phone": LetterField("Phone of the practice", lambda f: f.profile.phone or None),
    "payer": LetterField("The payer", lambda f: f.recipient[0] if f.recipient else f.payer_id),
    "claim_number": LetterField("Our claim number", of_claim(lambda c: c.page["claim_id"])),
    "payer_claim_number": LetterField("The payer's claim number", payer_number),
    "patient_name": LetterField("The patient's name", of_claim(lambda c: first_last(c.patient_name))),
    "service_dates": LetterField("Dates of service", of_claim(service_dates)),
    "charge": LetterField("Charge", of_claim(lambda c: dollars(c.page["charge"]))),
    "paid": LetterField("Paid by payers", of_claim(lambda c: dollars(c.page["paid"]))),
    "lines": LetterField("Table: the claim's lines", of_claim(lines), block=True),
    "appeal_level": LetterField("Level of the appeal", lambda f: LEVELS[f.level], (_K.APPEAL,)),
    "decision_date": LetterField("Date of the decision", decision_date, (_K.APPEAL,)),
    "denied_charge": LetterField("Sum of the denied charges", of_claim(denied_charge), (_K.APPEAL,)),
    "denied_lines": LetterField("Table: what was denied and why", of_claim(denied_lines), (_K.APPEAL,), block=True),
    "argument": LetterField("Why the denial is wrong, by its reason", of_claim(argument), (_K.APPEAL,)),
    "appeal_clock": LetterField("Table: last day to appeal", appeal_clock, (_K.APPEAL,), block=True),
    "submitted_on": LetterField("Day of the newest submission", submitted_on, (_K.CORRECTED_CLAIM,)),
    "replaced_number": LetterField("Payer's number of the replaced claim", replaced_number, (_K.CORRECTED_CLAIM,)),
    "changes": LetterField("Table: lines that changed", changes, (_K.CORRECTED_CLAIM,), block=True),
    "first_sent": LetterField("Day of the first submission", partial(sent, which=0), (_K.TIMELY_FILING,)),
    "submissions": LetterField(
        "Table: submissions and responses", submissions, (_K.TIMELY_FILING, _K.APPEAL), block=True
    ),
    "accepted_on": LetterField(
        "Day the payer accepted the claim", lambda f: dated(accepted(f) and accepted(f).on), (_K.TIMELY_FILING,)
    ),
    "accepted_number": LetterField(
        "Payer's number at acceptance", lambda f: accepted(f) and accepted(f).payer_claim_number, (_K.TIMELY_FILING,)
    ),
    "filing_clock": LetterField(
        "Table: last day to file", partial(clock, "timely_filing"), (_K.TIMELY_FILING, _K.APPEAL), block=True
    ),
    "segments": LetterField("The files' own segments", segments, (_K.TIMELY_FILING, _K.APPEAL), block=True),
    "kx_lines": LetterField("Table: lines without KX", of_claim(kx_lines), (_K.KX_REOPENING,), block=True),
    "threshold": LetterField("Table: therapy costs of the year", threshold, (_K.KX_REOPENING,), block=True),
    "reopening_clock": LetterField(
        "Table: last day to reopen", partial(clock, "reopening"), (_K.KX_REOPENING,), block=True
    ),
    "line_count": LetterField(
        "Number of underpaid lines", lambda f: plural(len(f.prices), "service line"), (_K.UNDERPAYMENT_DISPUTE,)
    ),
    "underpaid_total": LetterField("Sum that is missing", lambda f: dollars(underpaid(f)), (_K.UNDERPAYMENT_DISPUTE,)),
    "priced_lines": LetterField("Table: underpaid lines", priced_lines, (_K.UNDERPAYMENT_DISPUTE,), block=True),
    "contract_terms": LetterField("Table: the contract", contract_terms, (_K.UNDERPAYMENT_DISPUTE,), block=True),
    "cause": LetterField("Likely cause, if all lines have one", cause, (_K.UNDERPAYMENT_DISPUTE,)),
    "price_steps": LetterField("Table: calculation of a line", price_steps, (_K.UNDERPAYMENT_DISPUTE,), block=True),
    "requested": LetterField(
        "What was requested", of_claim(lambda c: c.asked[0] if c.asked else None), (_K.RECORDS_RESPONSE,)
    ),
    "requested_on": LetterField(
        "Day of the request", of_claim(lambda c: c.asked[1] if c.asked else None), (_K.RECORDS_RESPONSE,)
    ),
    "records_clock": LetterField(
        "Table: last day to respond", partial(clock, "records"), (_K.RECORDS_RESPONSE,), block=True
    ),
    "refund_amount": LetterField("Amount to return", lambda f: dollars(credit(f)) if credit(f) else None, (_K.REFUND,)),
    "refund_cause": LetterField("How the overpayment came about", refund_cause, (_K.REFUND,)),
    "payments": LetterField("Table: the payer's payments", payments, (_K.REFUND,), block=True),
    "refund_clock": LetterField("Table: last day to refund", partial(clock, "refund"), (_K.REFUND,), block=True),
    "account": LetterField("Table: the patient's account", of_claim(account), (_K.PATIENT_STATEMENT,), block=True),
    "patient_share": LetterField(
        "Table: the patient's share", of_claim(patient_share), (_K.PATIENT_STATEMENT,), block=True
    ),
    "patient_balance": LetterField(
        "What the patient owes", of_claim(lambda c: dollars(c.page["patient_balance"])), (_K.PATIENT_STATEMENT,)
    ),
}


def fields_of(kind: LetterKind) -> dict[str, LetterField]:
    """The fields that a letter of this kind may use."""
    return {name: field for name, field in FIELDS.items() if not field.kinds or kind in field.kinds}


def blocks_of(kind: LetterKind) -> frozenset[str]:
    return frozenset(name for name, field in fields_of(kind).items() if field.block)
