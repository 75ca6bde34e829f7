"""A letter from its kind, its text and the facts: what it says, what it lacks, and whether it makes sense at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from projections.deadlines.kinds import DeadlineKind, appeal_kind
from projections.tables.vocabulary import ClaimStatus, LineStatus
from services.presentation.formatting import day, dollars
from services.presentation.letters.claim_values import lines_without_kx, payer_number, service_dates
from services.presentation.letters.document import Grid, Letter, Paragraph
from services.presentation.letters.facts import ClaimFacts, FactJson, LetterFacts, PracticeProfile
from services.presentation.letters.fields import blocks_of, fields_of
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.letters.money_values import underpaid
from services.presentation.letters.template import LetterText, checked, fields_named, filled

_TO_COMPLETE = re.compile(r"\[[A-Z][^\]]{8,}\]")  # what a text asks its writer to fill in
_SENT = "no 837 with this claim was imported"


def compose(kind: LetterKind, text: LetterText, facts: LetterFacts, enclosures: Sequence[str] = ()) -> Letter:
    """The letter. Its title and blocks come from the text; sender, reference and signature from the facts.

    Raises LetterTextError where the text names a field that this kind of letter does not have.
    """
    text = checked(text, fields_of(kind), blocks_of(kind))
    values = {name: field.make(facts) for name, field in fields_of(kind).items()}
    title, blocks, left_out = filled(text, values)
    return Letter(
        kind=kind.value,
        title=title,
        date=day(facts.today),
        sender=_sender(facts.profile),
        recipient=facts.recipient,
        about=_about(kind, facts),
        blocks=blocks,
        signer=tuple(line for line in facts.profile.signer.splitlines() if line.strip()),
        enclosures=tuple(enclosures),
        left_out=tuple(fields_of(kind)[name].label for name in left_out),
        missing=(*_missing(kind, facts, blocks), *_untitled(kind, text, left_out)),
    )


def _sender(profile: PracticeProfile) -> tuple[str, ...]:
    reach = [f"Phone {profile.phone}" if profile.phone else "", f"Fax {profile.fax}" if profile.fax else ""]
    numbers = [f"NPI {profile.npi}" if profile.npi else "", f"Tax ID {profile.tax_id}" if profile.tax_id else ""]
    lines = [profile.name, *profile.address, ", ".join(filter(None, reach)), ", ".join(filter(None, numbers))]
    return tuple(line for line in lines if line)


def _about(kind: LetterKind, facts: LetterFacts) -> tuple[tuple[str, str], ...]:
    """What is known of these; a letter about many claims names them in its table."""
    claim = facts.claim
    if claim is None:
        days = sorted(str(p["dos"]) for p in facts.prices)
        span = "" if not days else day(days[0]) if days[0] == days[-1] else f"{day(days[0])} to {day(days[-1])}"
        told = [("Dates of service", span), ("Difference", dollars(underpaid(facts)))]
        return tuple(pair for pair in told if pair[1])
    own = kind == LetterKind.PATIENT_STATEMENT
    rows = [
        ("Patient", claim.patient_name),
        ("Date of birth", None if own or not claim.birth_date else day(claim.birth_date)),
        ("Member ID", None if own else claim.member_id),
        ("Our claim number", claim.page["claim_id"]),
        ("Your claim number", None if own else payer_number(facts)),
        ("Dates of service", service_dates(claim)),
        ("Charge", dollars(claim.page["charge"])),
        ("Our records", _carried_over(claim)),
    ]
    return tuple((name, str(value)) for name, value in rows if value)


def _carried_over(claim: ClaimFacts) -> str | None:
    told = claim.page["carried_over"]
    return f"carried over from our previous system as of {day(told['as_of'])}" if told and told["counts"] else None


def _missing(kind: LetterKind, facts: LetterFacts, blocks: Sequence[object]) -> tuple[str, ...]:
    """In words with the place where each is set."""
    profile = facts.profile
    told = []
    if not (profile.name and profile.address):
        told.append("the practice's name and address (Practice settings)")
    if len(facts.recipient) < 2:
        told.append("the recipient's name and address (above the text)")
    if kind == LetterKind.UNDERPAYMENT_DISPUTE and not any(isinstance(block, Grid) for block in blocks):
        told.append("the table of underpaid lines (put {{priced_lines}} back into the text)")
    if any(isinstance(block, Paragraph) and _TO_COMPLETE.search(block.text) for block in blocks):
        told.append("the text in brackets: fill it in or delete it")
    return tuple(told)


def _untitled(kind: LetterKind, text: LetterText, left_out: Sequence[str]) -> list[str]:
    empty = [fields_of(kind)[name].label for name in fields_named(text.title) if name in left_out]
    return [f"missing values in the title: {'; '.join(empty)} (change the title)"] if empty else []


def refusal(kind: LetterKind, facts: LetterFacts) -> str | None:
    """Why this letter has no meaning for the claim; None where it has one."""
    if kind == LetterKind.UNDERPAYMENT_DISPUTE:
        return None if underpaid(facts) > 0 else "no line is underpaid"
    claim = facts.claim
    return "this letter is about one claim" if claim is None else _REFUSALS[kind](claim, facts)


def _appeal(claim: ClaimFacts, facts: LetterFacts) -> str | None:
    stated = claim.page["carried_over"] is not None and claim.page["status"] in (
        ClaimStatus.DENIED,
        ClaimStatus.PARTIALLY_DENIED,
    )
    if not stated and not any(line["status"] == LineStatus.DENIED for line in claim.page["lines"]):
        return "no line of this claim is denied"
    if facts.level > 1 and facts.level - 1 not in claim.appeals_decided:
        return f"no decision of a level {facts.level - 1} appeal is recorded"
    clocks = [d for d in claim.page["deadlines"] if d["kind"] == appeal_kind(facts.level)]
    if clocks and all(d["state"] == "void" for d in clocks):
        return f"no appeal of level {facts.level} is open to this claim"
    return None


def _corrected(claim: ClaimFacts, facts: LetterFacts) -> str | None:
    sent = [s for s in claim.submissions if s.payer_id == facts.payer_id]
    if not sent:
        return _SENT
    if sent[-1].frequency in ("7", "8") or (len(sent) > 1 and sent[-1].lines != sent[-2].lines):
        return None
    return "the claim was not corrected: its latest submission is not a replacement"


def _timely(claim: ClaimFacts, facts: LetterFacts) -> str | None:
    clocks = [
        d
        for d in claim.page["deadlines"]
        if d["kind"] == DeadlineKind.TIMELY_FILING and d["payer_id"] == facts.payer_id
    ]
    if any(d["state"] == "missed" for d in clocks):
        return "the filing limit was missed: these files do not prove timely filing"
    return None if claim.submissions else _SENT


def _kx(claim: ClaimFacts, _: LetterFacts) -> str | None:
    return None if lines_without_kx(claim) else "no line of this claim lacks modifier KX"


def _records(claim: ClaimFacts, _: LetterFacts) -> str | None:
    return None if claim.asked else "no records request is recorded on this claim"


def _refund(claim: ClaimFacts, _: LetterFacts) -> str | None:
    if Decimal(claim.page["payer_balance"]) >= 0:
        return "the payer has no credit on this claim"
    return (
        "the payer's amounts do not balance; resolve that first" if "amounts_in_doubt" in claim.page["flags"] else None
    )


def _statement(claim: ClaimFacts, _: LetterFacts) -> str | None:
    if Decimal(claim.page["patient_balance"]) <= 0:
        return "the patient owes nothing on this claim"
    denied_lines = [x for x in lines_without_kx(claim) if x["status"] == LineStatus.DENIED]
    missing = [x for x in denied_lines if not _agreed_to_pay(x)]
    if not missing:
        return None
    numbers = ", ".join(str(x["number"]) for x in missing)
    return f"modifier KX is missing on line {numbers}: ask the payer to reopen the claim first, then bill the patient"


def _agreed_to_pay(line: FactJson) -> bool:
    """GA: an ABN is on file. Medicare Claims Processing Manual, chapter 30, section 50."""
    return "GA" in line["modifiers"] or Decimal(line["patient_responsibility"]) <= 0


_REFUSALS = {
    LetterKind.APPEAL: _appeal,
    LetterKind.CORRECTED_CLAIM: _corrected,
    LetterKind.TIMELY_FILING: _timely,
    LetterKind.KX_REOPENING: _kx,
    LetterKind.RECORDS_RESPONSE: _records,
    LetterKind.REFUND: _refund,
    LetterKind.PATIENT_STATEMENT: _statement,
}


def office(kind: LetterKind) -> str:
    """Whom at the payer it is addressed to."""
    return WORDS[kind].office
