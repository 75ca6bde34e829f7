"""Values of letter fields that come from one claim: lines, denials, submissions, deadlines, thresholds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from projections.deadlines.kinds import appeal_kind
from projections.tables.vocabulary import LineStatus
from services.presentation.formatting import amount, as_instant, day, dollars, local_day, plural
from services.presentation.labels import BUCKETS, DEADLINES, name
from services.presentation.letters.document import Block, Grid, RawText
from services.presentation.letters.facts import ClaimFacts, FactJson, LetterFacts
from services.presentation.letters.reader_words import for_reader
from services.presentation.letters.template import FieldValue
from services.presentation.letters.texts import ARGUMENT, ARGUMENTS

CLOCK_NAMES = {"records": "Records", "refund": "Refund"}  # where the desk's own name is what its people have to do
PENDING = ": pending"
MOST_SEGMENTS = 60  # of one file in a letter
Make = Callable[[LetterFacts], FieldValue]


def of_claim(make: Callable[[ClaimFacts], FieldValue]) -> Make:
    return lambda facts: None if facts.claim is None else make(facts.claim)


def dated(value: Any) -> str | None:
    return day(value) if value else None


def first_last(name: str | None) -> str | None:
    """Hollister, Bram -> Bram Hollister."""
    last, comma, first = (name or "").partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() else name


def standing(claim: ClaimFacts, payer_id: str) -> list[FactJson]:
    """The payer's decisions that nothing took back, the newest last."""
    return [e for e in claim.page["entries"] if not e["undone"] and e["payer_id"] == payer_id]


def payer_number(facts: LetterFacts) -> str | None:
    """The payer's newest number of the claim."""
    if facts.claim is None:
        return None
    told = [e["payer_claim_number"] for e in standing(facts.claim, facts.payer_id) if e["payer_claim_number"]]
    told = told or [r.payer_claim_number for s in facts.claim.submissions for r in s.responses if r.payer_claim_number]
    return told[-1] if told else None


def service_dates(claim: ClaimFacts) -> str | None:
    days = sorted({line["dos"] for line in claim.page["lines"] if line["dos"]} or {claim.page["dos"] or ""} - {""})
    return None if not days else day(days[0]) if len(days) == 1 else f"{day(days[0])} to {day(days[-1])}"


def code(line: FactJson) -> str:
    return "-".join([line["procedure"], *line["modifiers"]])


def lines(claim: ClaimFacts) -> tuple[Block, ...]:
    rows = tuple(
        (str(x["number"]), day(x["dos"]) if x["dos"] else "", code(x), x["units"], amount(x["charge"]))
        for x in claim.page["lines"]
    )
    return (Grid(caption="Services", heads=("Line", "Date", "Code", "Units", "Charge"), rows=rows, right=(3, 4)),)


def denied(claim: ClaimFacts) -> list[FactJson]:
    return [line for line in claim.page["lines"] if line["status"] == LineStatus.DENIED]


def denied_charge(claim: ClaimFacts) -> str | None:
    lines = denied(claim)
    return dollars(sum((Decimal(line["charge"]) for line in lines), Decimal())) if lines else None


def denied_lines(claim: ClaimFacts) -> FieldValue:
    rows = tuple(
        (str(x["number"]), day(x["dos"]) if x["dos"] else "", code(x), amount(x["charge"]), reasons(claim, x))
        for x in denied(claim)
    )
    heads = ("Line", "Date", "Code", "Charge", "Reason given")
    return (Grid(caption="What was denied", heads=heads, rows=rows, right=(3,)),) if rows else None


def reasons(claim: ClaimFacts, line: FactJson) -> str:
    """The codes with their meanings; of a single reason with its remarks, which the meaning already counts in."""
    told = line["adjustments"]
    codes = [(f"{a['group']}-{a['reason']}", claim.meanings.get((a["group"], a["reason"]))) for a in told]
    if len(codes) == 1:
        code, meaning = codes[0]
        return ", ".join([code, *line["remark_codes"]]) + (f": {meaning}" if meaning else "")
    return "; ".join([*(f"{code}: {meaning}" if meaning else code for code, meaning in codes), *line["remark_codes"]])


def category(claim: ClaimFacts) -> str:
    return next((str(item["category"]) for item in claim.items if item["kind"] == "denial"), "")


def argument(claim: ClaimFacts) -> str:
    return ARGUMENTS.get(category(claim), ARGUMENT)


def clock(kind: str, facts: LetterFacts) -> FieldValue:
    """How a deadline of the claim is counted: the explanation of the page, a row for each step."""
    if facts.claim is None:
        return None
    found = [d for d in facts.claim.page["deadlines"] if d["kind"] == kind and d["due"]]
    mine = [d for d in found if d["payer_id"] == facts.payer_id] or found
    if not mine:
        return None
    chosen = next((d for d in mine if d["state"] == "open"), mine[-1])
    rows = tuple((said,) for line in chosen["explanation"] if (said := for_reader(line, facts.zone)))
    last = chosen["latest"] or chosen["due"]
    caption = f"{CLOCK_NAMES.get(kind) or DEADLINES[kind]}: last day {day(local_day(str(last), facts.zone))}"
    return (Grid(caption=caption, heads=("How it is counted",), rows=rows),)


def appeal_clock(facts: LetterFacts) -> FieldValue:
    return clock(appeal_kind(facts.level), facts)


def decision_date(facts: LetterFacts) -> FieldValue:
    """Of the denial; from the second level on, of the appeal below."""
    if facts.level > 1:
        return dated(facts.claim and facts.claim.appeals_decided.get(facts.level - 1))
    told = standing(facts.claim, facts.payer_id) if facts.claim else []
    return dated(max((e["notice_date"] for e in told), default=None))


def mine(facts: LetterFacts) -> list[Any]:
    return [s for s in facts.claim.submissions if s.payer_id == facts.payer_id] if facts.claim else []


def submitted_on(facts: LetterFacts) -> FieldValue:
    return sent(facts, -1)


def sent(facts: LetterFacts, which: int) -> str | None:
    found = mine(facts)
    return day(local_day(found[which].sent, facts.zone)) if found else None


def replaced_number(facts: LetterFacts) -> FieldValue:
    """Only of a claim that says that it replaces one (frequency 7 or 8)."""
    found = mine(facts)
    if not found or found[-1].frequency not in ("7", "8"):
        return None
    return str(found[-1].original_reference or "") or payer_number(facts)


def changes(facts: LetterFacts) -> FieldValue:
    """The lines of the last two submissions that differ."""
    found = mine(facts)
    if len(found) < 2:
        return None
    before, after = found[-2].lines, found[-1].lines
    heads = ("Line", "Date", "Code", "Units", "Charge")
    removed = tuple(("before", *row) for row in before if row not in after)
    added = tuple(("now", *row) for row in after if row not in before)
    if not (removed or added):
        return None
    rows = tuple(sorted(removed + added, key=lambda row: (int(row[1]), row[0] == "now")))
    return (Grid(caption="What changed", heads=("", *heads), rows=rows, right=(4, 5)),)


def submissions(facts: LetterFacts) -> FieldValue:
    rows: list[tuple[str, ...]] = []
    for sent in mine(facts):
        numbers = ", ".join(f"{what} {value}" for what, value in sent.numbers)
        moment = as_instant(sent.sent, facts.zone).astimezone(facts.zone)
        rows.append((day(moment.date()), f"Sent (submission {sent.attempt})", numbers))
        rows += [(day(r.on), r.words, r.payer_claim_number or "") for r in sent.responses]
    heads = ("Date", "What", "Numbers")
    return (Grid(caption="Submissions and responses", heads=heads, rows=tuple(rows)),) if rows else None


def accepted(facts: LetterFacts) -> Any:
    told = [r for s in mine(facts) for r in s.responses if r.stage == "payer" and r.accepts]
    return told[0] if told else None


def segments(facts: LetterFacts) -> FieldValue:
    blocks: list[Block] = []
    for sent in mine(facts):
        if sent.segments:
            blocks.append(RawText(f"Submission {sent.attempt} (837)", cut(sent.segments)))
        blocks += [
            RawText(f"Response of {day(r.on)}: {r.words}", cut(r.segments)) for r in sent.responses if r.segments
        ]
    return tuple(blocks) or None


def cut(lines: tuple[str, ...]) -> tuple[str, ...]:
    rest = len(lines) - MOST_SEGMENTS
    return lines if rest <= 0 else (*lines[:MOST_SEGMENTS], f"[{plural(rest, 'more segment')} not shown]")


def lines_without_kx(claim: ClaimFacts) -> list[FactJson]:
    """Lines that need KX: by the patient's threshold, or because Medicare denied them for the lack of it."""
    wanted = {line["line"] for line in claim.page["lines_missing_kx"]} | claim.denied_for_kx
    return [x for x in claim.page["lines"] if x["number"] in wanted]


def kx_lines(claim: ClaimFacts) -> FieldValue:
    rows = tuple(
        (str(x["number"]), day(x["dos"]) if x["dos"] else "", code(x), amount(x["charge"]))
        for x in lines_without_kx(claim)
    )
    heads = ("Line", "Date", "Code", "Charge")
    return (Grid(caption="Lines that need modifier KX", heads=heads, rows=rows, right=(3,)),) if rows else None


def threshold(facts: LetterFacts) -> FieldValue:
    if facts.claim is None:
        return None
    year = str(facts.claim.page["dos"] or "")[:4]
    found = [t for t in facts.claim.thresholds if str(t["year"]) == year and t["lines_missing_kx"]]
    blocks = []
    for told in found:
        steps = [step for step in told["explanation"] if PENDING not in step]  # what the payer did not decide yet
        rows = [(said,) for step in steps if (said := for_reader(step, facts.zone))]
        caption = f"Therapy costs of {year}, {name(BUCKETS, told['bucket'])}: {dollars(told['confirmed'])} confirmed"
        blocks.append(Grid(caption=caption, heads=("How it is counted",), rows=tuple(rows)))
    return tuple(blocks) or None
