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


@dataclass(frozen=True, kw_only=True)
class LetterField:
    """`kinds`: the letters that have it; none means all. `block`: it is a table and stands alone in its paragraph."""

    label: str
    make: Make
    kinds: tuple[LetterKind, ...] = ()
    block: bool = False


_K = LetterKind
FIELDS: Mapping[str, LetterField] = {
    "today": LetterField(label="Today's date", make=lambda f: day(f.today)),
    "practice_name": LetterField(label="Name of the practice", make=lambda f: f.profile.name or None),
    "phone": LetterField(label="Phone of the practice", make=lambda f: f.profile.phone or None),
    "payer": LetterField(label="The payer", make=lambda f: f.recipient[0] if f.recipient else f.payer_id),
    "claim_number": LetterField(label="Our claim number", make=of_claim(lambda c: c.page["claim_id"])),
    "payer_claim_number": LetterField(label="The payer's claim number", make=payer_number),
    "patient_name": LetterField(label="The patient's name", make=of_claim(lambda c: first_last(c.patient_name))),
    "service_dates": LetterField(label="Dates of service", make=of_claim(service_dates)),
    "charge": LetterField(label="Charge", make=of_claim(lambda c: dollars(c.page["charge"]))),
    "paid": LetterField(label="Paid by payers", make=of_claim(lambda c: dollars(c.page["paid"]))),
    "lines": LetterField(label="Table: the claim's lines", make=of_claim(lines), block=True),
    "appeal_level": LetterField(label="Level of the appeal", make=lambda f: LEVELS[f.level], kinds=(_K.APPEAL,)),
    "decision_date": LetterField(label="Date of the decision", make=decision_date, kinds=(_K.APPEAL,)),
    "denied_charge": LetterField(label="Total denied charges", make=of_claim(denied_charge), kinds=(_K.APPEAL,)),
    "denied_lines": LetterField(
        label="Table: what was denied and why", make=of_claim(denied_lines), kinds=(_K.APPEAL,), block=True
    ),
    "argument": LetterField(
        label="Why the denial is wrong, by its reason", make=of_claim(argument), kinds=(_K.APPEAL,)
    ),
    "appeal_clock": LetterField(label="Table: last day to appeal", make=appeal_clock, kinds=(_K.APPEAL,), block=True),
    "submitted_on": LetterField(label="Day of the newest submission", make=submitted_on, kinds=(_K.CORRECTED_CLAIM,)),
    "replaced_number": LetterField(
        label="Payer's number of the replaced claim", make=replaced_number, kinds=(_K.CORRECTED_CLAIM,)
    ),
    "changes": LetterField(label="Table: lines that changed", make=changes, kinds=(_K.CORRECTED_CLAIM,), block=True),
    "first_sent": LetterField(
        label="Day of the first submission", make=partial(sent, which=0), kinds=(_K.TIMELY_FILING,)
    ),
    "submissions": LetterField(
        label="Table: submissions and responses", make=submissions, kinds=(_K.TIMELY_FILING, _K.APPEAL), block=True
    ),
    "accepted_on": LetterField(
        label="Day the payer accepted the claim",
        make=lambda f: dated(accepted(f) and accepted(f).on),
        kinds=(_K.TIMELY_FILING,),
    ),
    "accepted_number": LetterField(
        label="Payer's number at acceptance",
        make=lambda f: accepted(f) and accepted(f).payer_claim_number,
        kinds=(_K.TIMELY_FILING,),
    ),
    "filing_clock": LetterField(
        label="Table: last day to file",
        make=partial(clock, "timely_filing"),
        kinds=(_K.TIMELY_FILING, _K.APPEAL),
        block=True,
    ),
    "segments": LetterField(
        label="The files' own segments", make=segments, kinds=(_K.TIMELY_FILING, _K.APPEAL), block=True
    ),
    "kx_lines": LetterField(
        label="Table: lines without KX", make=of_claim(kx_lines), kinds=(_K.KX_REOPENING,), block=True
    ),
    "threshold": LetterField(
        label="Table: therapy costs of the year", make=threshold, kinds=(_K.KX_REOPENING,), block=True
    ),
    "reopening_clock": LetterField(
        label="Table: last day to reopen", make=partial(clock, "reopening"), kinds=(_K.KX_REOPENING,), block=True
    ),
    "line_count": LetterField(
        label="Number of underpaid lines",
        make=lambda f: plural(len(f.prices), "service line") if len(f.prices) != 1 else "one service line",
        kinds=(_K.UNDERPAYMENT_DISPUTE,),
    ),
    "underpaid_total": LetterField(
        label="Amount still due", make=lambda f: dollars(underpaid(f)), kinds=(_K.UNDERPAYMENT_DISPUTE,)
    ),
    "priced_lines": LetterField(
        label="Table: underpaid lines", make=priced_lines, kinds=(_K.UNDERPAYMENT_DISPUTE,), block=True
    ),
    "contract_terms": LetterField(
        label="Table: the contract", make=contract_terms, kinds=(_K.UNDERPAYMENT_DISPUTE,), block=True
    ),
    "cause": LetterField(label="Likely cause, if all lines have one", make=cause, kinds=(_K.UNDERPAYMENT_DISPUTE,)),
    "price_steps": LetterField(
        label="Table: calculation of a line", make=price_steps, kinds=(_K.UNDERPAYMENT_DISPUTE,), block=True
    ),
    "requested": LetterField(
        label="What was requested",
        make=of_claim(lambda c: c.asked[0] if c.asked else None),
        kinds=(_K.RECORDS_RESPONSE,),
    ),
    "requested_on": LetterField(
        label="Day of the request",
        make=of_claim(lambda c: c.asked[1] if c.asked else None),
        kinds=(_K.RECORDS_RESPONSE,),
    ),
    "records_clock": LetterField(
        label="Table: last day to respond", make=partial(clock, "records"), kinds=(_K.RECORDS_RESPONSE,), block=True
    ),
    "refund_amount": LetterField(
        label="Amount to return", make=lambda f: dollars(credit(f)) if credit(f) else None, kinds=(_K.REFUND,)
    ),
    "refund_cause": LetterField(label="How the overpayment happened", make=refund_cause, kinds=(_K.REFUND,)),
    "payments": LetterField(label="Table: the payer's payments", make=payments, kinds=(_K.REFUND,), block=True),
    "refund_clock": LetterField(
        label="Table: last day to refund", make=partial(clock, "refund"), kinds=(_K.REFUND,), block=True
    ),
    "account": LetterField(
        label="Table: the patient's account", make=of_claim(account), kinds=(_K.PATIENT_STATEMENT,), block=True
    ),
    "patient_share": LetterField(
        label="Table: the patient's share", make=of_claim(patient_share), kinds=(_K.PATIENT_STATEMENT,), block=True
    ),
    "patient_balance": LetterField(
        label="What the patient owes",
        make=of_claim(lambda c: dollars(c.page["patient_balance"])),
        kinds=(_K.PATIENT_STATEMENT,),
    ),
}


def fields_of(kind: LetterKind) -> dict[str, LetterField]:
    """The fields that a letter of this kind may use."""
    return {name: field for name, field in FIELDS.items() if not field.kinds or kind in field.kinds}


def blocks_of(kind: LetterKind) -> frozenset[str]:
    return frozenset(name for name, field in fields_of(kind).items() if field.block)
