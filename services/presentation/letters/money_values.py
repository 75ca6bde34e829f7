"""Values of letter fields about money: underpaid lines, a refund, a patient's account."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from services.presentation.contract_words import CONTRACT
from services.presentation.formatting import amount, day, lower_first
from services.presentation.labels import CAUSES, name
from services.presentation.letters.claim_values import code, lines
from services.presentation.letters.document import Grid
from services.presentation.letters.facts import ClaimFacts, FactJson, LetterFacts
from services.presentation.letters.reader_words import money_rows, overpaid
from services.presentation.letters.template import FieldValue


def due_of(price: FactJson) -> Decimal:
    """What the contract gives for a line as it was billed: what was allowed and what is missing."""
    return Decimal(price["allowed"] or "0") + Decimal(price["variance"] or "0")


def underpaid(facts: LetterFacts) -> Decimal:
    return sum((Decimal(price["variance"] or "0") for price in facts.prices), Decimal())


def priced_lines(facts: LetterFacts) -> FieldValue:
    if not facts.prices:
        return None
    rows = tuple(
        (
            str(p["claim_id"]),
            facts.numbers.get(p["claim_id"], ""),
            str(p["line"]),
            facts.names.get(p["patient_id"] or "", ""),
            day(p["dos"]),
            str(p["procedure"]),
            str(p["units"]),
            amount(due_of(p)),
            amount(p["allowed"]),
            amount(p["variance"]),
        )
        for p in facts.prices
    )
    sums = [sum((Decimal(v or "0") for v in column), Decimal()) for column in columns(facts)]
    heads = ("Claim", "Your number", "Line", "Patient", "Date", "Code", "Units", "Contract", "Allowed", "Underpaid")
    total = ("Total", "", "", "", "", "", "", *(amount(each) for each in sums))
    return (Grid(caption="Underpaid lines", heads=heads, rows=rows, right=(6, 7, 8, 9), total=total),)


def columns(facts: LetterFacts) -> list[list[str]]:
    return [
        [str(due_of(p)) for p in facts.prices],
        [p["allowed"] for p in facts.prices],
        [p["variance"] for p in facts.prices],
    ]


def contract_terms(facts: LetterFacts) -> FieldValue:
    if not facts.contract:
        return None
    rows = tuple(row for row in facts.contract if row[0] != CONTRACT)  # the name that we keep it under
    return (Grid(caption="The agreement", heads=("Term", "Value"), rows=rows),)


def cause(facts: LetterFacts) -> FieldValue:
    causes = {p["cause"] for p in facts.prices}
    if len(causes) != 1 or causes & {None, "unknown"}:
        return None
    return f"The amounts point to one cause: {lower_first(name(CAUSES, causes.pop()))}."


def price_steps(facts: LetterFacts) -> FieldValue:
    """How the first line is calculated; the others of a group follow the same rate."""
    first = facts.prices[0] if facts.prices else None
    if first is None or not first["explanation"]:
        return None
    steps = [(str(s["label"]), str(s["figure"] or "")) for s in first["explanation"]]
    rows = tuple(money_rows(_in_dispute(steps), facts.zone))
    what = f"claim {first['claim_id']}, line {first['line']}"
    return (Grid(caption=f"How {what} is calculated", heads=("Step", "Amount"), rows=rows, right=(1,)),)


def _in_dispute(steps: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Of a line answered under another code only the steps about the code that was billed."""
    begin = next((n for n, (label, _) in enumerate(steps) if label.startswith("as billed:")), None)
    return steps if begin is None else [step for step in steps[begin:] if not step[0].startswith("expected ")]


def credit(facts: LetterFacts) -> Decimal:
    if facts.claim is None:
        return Decimal()
    return max(-Decimal(facts.claim.page["payer_balance"]), Decimal())


def refund_cause(facts: LetterFacts) -> FieldValue:
    items = [i for i in facts.claim.items if i["kind"] == "overpayment"] if facts.claim else []
    return f"How it happened: {lower_first(overpaid(items[0]['reason'], facts.zone))}." if items else None


def payments(facts: LetterFacts) -> FieldValue:
    if facts.claim is None:
        return None
    rows = tuple(
        (
            day(e["notice_date"]),
            e["trace_number"] or "",
            e["payer_claim_number"] or "",
            amount(e["allowed"]),
            amount(e["paid"]),
        )
        for e in facts.claim.page["entries"]
        if e["payer_id"] == facts.payer_id
    )
    heads = ("Date", "Check or EFT", "Your claim number", "Allowed", "Paid")
    return (Grid(caption="Your payments on this claim", heads=heads, rows=rows, right=(3, 4)),) if rows else None


def account(claim: ClaimFacts) -> FieldValue:
    """Charge less what was paid and adjusted is what the patient owes, line by line of the account."""
    page = claim.page
    charge, paid, mine = Decimal(page["charge"]), Decimal(page["paid"]), Decimal(claim.patient_paid)
    rest, off = Decimal(page["payer_balance"]), Decimal(page["written_off"])
    owed = Decimal(page["patient_balance"])
    adjusted = charge - paid - rest - off - mine - owed
    rows = [("Charges", amount(charge)), ("Paid by insurance", amount(-paid))]
    rows += [
        (what, amount(-value))
        for what, value in (
            ("Adjusted under your insurer's agreement", adjusted),
            ("Still open with your insurance", rest),
            ("Written off", off),
            ("Paid by you", mine),
        )
        if value
    ]
    return (
        Grid(
            caption="Your account",
            heads=("", "Amount"),
            rows=tuple(rows),
            right=(1,),
            total=("You owe", amount(owed)),
        ),
        *lines(claim),
    )


def patient_share(claim: ClaimFacts) -> FieldValue:
    rows = tuple(
        (str(x["number"]), code(x), share_reasons(claim, x), amount(x["patient_responsibility"]))
        for x in claim.page["lines"]
        if Decimal(x["patient_responsibility"])
    )
    heads = ("Line", "Code", "Why", "Your share")
    return (
        (Grid(caption="Your share as your insurer determined it", heads=heads, rows=rows, right=(3,)),)
        if rows
        else None
    )


def share_reasons(claim: ClaimFacts, line: FactJson) -> str:
    told = [a for a in line["adjustments"] if a["group"] == "PR"]
    return "; ".join(_to_patient(claim.meanings.get((a["group"], a["reason"])) or f"PR-{a['reason']}") for a in told)


def _to_patient(meaning: str) -> str:
    return meaning.replace("the payer assigns it to the patient", "your insurer says that you owe it")
