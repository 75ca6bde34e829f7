"""One patient's day: every line priced together with the others, and compared with what was allowed.

The multiple-procedure reduction spans the claims and disciplines of a day, so no claim is judged alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, TypedDict

from events.claim import PAYER_SEQUENCE
from events.values import ZERO, from_cents, to_cents
from projections.disciplines import BUCKETS, disciplines_named
from projections.keys import NOBODY, DayName
from projections.pricing.compare import Comparer
from projections.pricing.lines import PricedLine, PriceLine, explained
from projections.pricing.remit import PayerAnswer
from projections.pricing.verdicts import Comparison, DayLine
from projections.rows.payer_facts import stored_terms
from projections.rules.policy_choice import PayerTerms
from projections.rules.rulebook import Unknown
from projections.session_rules.threshold_limits import read_limits
from projections.tables.line_facts import ClaimAnswer, DisputeAct, LineAnswer, LineFacts
from projections.tables.money import LinePriceRow
from projections.tables.price_facts import Finalized, PriceExplanation, ThresholdUse
from projections.tables.vocabulary import SHORT, DisputeState, EntryKind, LineStatus, ListKind, PriceVerdict
from projections.terms.terms_in_force import MEDICARE, Reference
from projections.work.kinds import EVERY_LIST

IN_FLIGHT = ("in_flight", "accepted")
JUDGED = tuple(PAYER_SEQUENCE[:3])  # a fourth payer's answer is compared with nothing


@dataclass(frozen=True)
class DayClaimLine:
    """A stored claim line, read back."""

    row: Any  # a row of claim_line
    facts: LineFacts

    @cached_property
    def key(self) -> str:
        return f"{self.row.claim_id} {self.row.number}"

    @cached_property
    def price_line(self) -> PriceLine:
        row, facts = self.row, self.facts
        return PriceLine(
            key=self.key,
            procedure=row.procedure,
            units=Decimal(row.units),
            charge=from_cents(row.charge),
            modifiers=tuple(row.modifiers.split()),
            claim=row.claim_id,
            number=row.number,
            plan=facts.plan,
            billing_npi=row.billing_npi,
            place_of_service=facts.place_of_service,
        )

    def payer(self, payer_id: str) -> PayerTerms:
        """What is known of the claim that this payer's policies may distinguish, as the claim's own clocks ask."""
        return stored_terms(self.facts, payer_id)

    @cached_property
    def standing(self) -> Mapping[str, LineAnswer]:
        """By place in the sequence, what its payer last said and did not take back."""
        return {answer.sequence: answer for answer in self.facts.answers if answer.stands}

    def answered_at(self, number: int, sequence: str) -> datetime:
        """When the effective answer to the line came in; number 0: the answer to its claim as a whole.

        Raises ValueError where there is neither.
        """
        said = (self.standing.get(sequence) if number else None) or self.facts.claim_answer
        if said is None:
            raise ValueError("no payer has answered the line")
        return said.received_at


def fold_day(day: DayName, lines: Sequence[DayClaimLine], reference: Reference) -> list[LinePriceRow]:
    """The day's rows of line_price. Voided lines are not there."""
    dos, comparer = day.dos, reference.comparer
    live = [line for line in lines if line.row.status != LineStatus.VOIDED]
    priced = _price(live, dos, comparer)
    compared = _compare(live, dos, comparer)
    by_line: dict[str, list[Comparison | None]] = {}
    for one in compared:
        by_line.setdefault(one.key, []).append(one)
    rows: list[LinePriceRow] = []
    attempts = _attempts(live)
    for line in live:
        medicare = line.row.payer_id == MEDICARE
        excluded = medicare and part_a(line, dos, reference)
        for comparison in by_line.get(line.key) or [None]:
            row = _row(day, line, priced.get(line.key), comparison)
            row["use"] = _use(line, attempts.get(line.row.claim_id)).to_json() if medicare else None
            row["bucket"] = None if excluded else row["bucket"]
            rows.append(row)
    whole = [c for c in compared if c.number is None]
    return rows + [_whole_row(day, live, found) for found in whole]


def part_a(line: DayClaimLine, dos: date, reference: Reference) -> bool:
    """Whether the patient was in a covered Part A stay: as the claim states, else as its place of service says.

    No therapy threshold applies there, and consolidated billing pays for therapy (CMS Pub 100-04 ch. 6 §10).
    """
    if line.facts.part_a is not None:
        return line.facts.part_a
    ruling = reference.rules.pick("kx", dos)
    if isinstance(ruling, Unknown):
        return False
    return line.facts.place_of_service in reference.rules.table(ruling, read_limits).part_a_places


def _attempts(lines: Iterable[DayClaimLine]) -> dict[str, int]:
    """By claim, the submission that holds its lines."""
    return {line.row.claim_id: line.facts.claim.attempt for line in lines if line.facts.claim}


def _price(lines: Iterable[DayClaimLine], dos: date, comparer: Comparer) -> dict[str, PricedLine]:
    """What each line should bring as billed, all lines of one payer together."""
    by_payer: dict[str, list[PriceLine]] = {}
    for line in lines:
        by_payer.setdefault(line.row.payer_id, []).append(line.price_line)
    return {p.key: p for payer, group in by_payer.items() for p in comparer.pricer.as_billed(group, dos, payer)}


def _compare(lines: Sequence[DayClaimLine], dos: date, comparer: Comparer) -> tuple[Comparison, ...]:
    answers = _answers(lines)
    whole = {line.row.claim_id: _whole(line.facts.claim_answer) for line in lines if line.facts.claim_answer}
    day_lines = []
    for line in lines:
        first = answers.get((line.key, "P"))
        said = line.standing.get("P")
        payer_id = said.payer_id if said else line.row.payer_id
        day_lines.append(
            DayLine(line=line.price_line, payer_id=payer_id, answer=first, sequence="P", terms=line.payer(payer_id))
        )
        for sequence in JUDGED[1:]:
            if (line.key, sequence) in answers:
                payer = next(a.payer_id for a in line.facts.answers if a.sequence == sequence)
                day_lines.append(
                    DayLine(
                        line=line.price_line,
                        payer_id=payer,
                        answer=answers[line.key, sequence],
                        sequence=sequence,
                        terms=line.payer(payer),
                    )
                )
    return comparer.compare_day(day_lines, dos, whole)


def _answers(lines: Sequence[DayClaimLine]) -> dict[tuple[str, str], PayerAnswer]:
    """Each line's effective answer."""
    return {
        (line.key, sequence): _answer(said)
        for line in lines
        for sequence, said in line.standing.items()
        if sequence in JUDGED
    }


def _answer(said: LineAnswer) -> PayerAnswer:
    """With its part of what the payer adjusted on the claim as a whole."""
    return PayerAnswer(
        charge=said.charge,
        paid=said.paid if said.net is None else said.net,
        adjustments=(*said.adjustments, *said.allocated),
        procedure=said.procedure,
        units=said.units,
        allowed=said.allowed_stated,
        remarks=said.remark_codes,
        denied=said.denied,
    )


def _whole(said: ClaimAnswer) -> PayerAnswer:
    return PayerAnswer(
        charge=said.charge,
        paid=said.paid,
        adjustments=said.adjustments,
        remarks=said.remark_codes,
        allowed=said.allowed_stated,
        denied=said.denied,
    )


def _row(day: DayName, line: DayClaimLine, priced: PricedLine | None, found: Comparison | None) -> LinePriceRow:
    row = line.row
    sequence = found.sequence if found else "P"
    said = line.standing.get(sequence)
    notice = said.notice_date if said else None
    source: Any = found or priced
    return {
        "key": day.key,
        "claim_id": row.claim_id,
        "line": row.number,
        "sequence": sequence,
        "practice": day.practice,
        "ref": row.ref,
        "patient_id": row.patient_id,
        "payer_id": found.payer_id if found else row.payer_id,
        "dos": day.dos,
        "procedure": found.procedure if found else row.procedure,
        "units": f"{(found.units if found else Decimal(row.units)).normalize():f}",
        "expected_allowed": _cents(source.expected_allowed if source else None),
        "expected_patient": _cents(source.expected_patient if source else None),
        "expected_paid": _cents(source.expected_paid if source else None),
        "allowed": _cents(found.allowed if found else None),
        "variance": _cents(_variance(found)),
        "verdict": found.verdict if found else PriceVerdict.NOT_ANSWERED,
        "cause": found.cause if found else None,
        "contract": _terms(source),
        **_dispute(line, found, sequence),
        "notice_date": notice,
        "dispute_due": dispute_due(notice, found.priced.dispute_days if found else None),
        "bucket": _bucket(row, sequence),
        "modifiers": row.modifiers,
        "sent_at": line.facts.sent_at,
        "use": None,
        "explanation": _explanation(source, priced, found).to_json(),
    }


def _explanation(source: Any, priced: PricedLine | None, found: Comparison | None) -> PriceExplanation:
    return PriceExplanation(
        steps=explained(source.steps) if source else (),
        rules=tuple(source.rule_names) if source else (),
        evidence=found.evidence if found else (),
        problem=priced.reason if priced else None,
        as_billed=priced.expected_allowed if priced else None,
    )


def _variance(found: Comparison | None) -> Decimal | None:
    """Expected less allowed; for a recoded line against the code that was billed, for that is what is at stake."""
    if found is None:
        return None
    return found.at_stake if found.verdict == PriceVerdict.RECODED else found.variance


def _whole_row(day: DayName, lines: Sequence[DayClaimLine], found: Comparison) -> LinePriceRow:
    """A claim answered without its lines counts as line 0."""
    line = next(one for one in lines if one.row.claim_id == found.line.claim)
    row = _row(day, line, None, found)
    answer = line.facts.claim_answer
    notice = answer.notice_date if answer else None
    return row | {
        "line": 0,
        "bucket": None,
        "notice_date": notice,
        "dispute_due": dispute_due(notice, found.priced.dispute_days),
    }


def _terms(source: Any) -> str | None:
    """The contract, else the fee schedule, that the price comes from."""
    if source is None or source.expected_allowed is None:
        return None
    return source.contract or next((name for name in source.rule_names if "pfs" in name), None)


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else to_cents(amount)


def _bucket(row: Any, sequence: str) -> str | None:
    """Only Original Medicare as first payer counts, and only where we know whose threshold it is."""
    counts = row.payer_id == MEDICARE and sequence == "P" and not row.patient_id.startswith(NOBODY)
    named = disciplines_named(row.modifiers.split()) if counts else ()
    return BUCKETS[named[0]] if named else None  # by the therapy modifier, never by the code


def dispute_due(notice: date | None, days: int | None) -> date | None:
    return notice + timedelta(days=days) if notice and days is not None else None


class DisputeLife(TypedDict):
    """Where a dispute stands and what it brought, in cents."""

    state: DisputeState
    recovered: int | None


def _dispute(line: DayClaimLine, found: Comparison | None, sequence: str) -> DisputeLife:
    """The life of a dispute: detected, reviewing, disputed, then recovered, invalid or written_off.

    Recovered is the change in the allowed amount, never the estimate.
    """
    short = found is not None and found.verdict in SHORT
    acts: Sequence[DisputeAct] = line.facts.disputes
    since = _won_before(line, acts, sequence) if short else None
    acts = () if since else acts
    told = acts[-1].outcome if acts and acts[-1].type == "dispute.closed.v1" else None  # else opened again
    closed = DisputeState(told) if told else None
    gained = _gained(line, found, sequence)
    if closed and (closed != DisputeState.RECOVERED or gained is not None or not short):
        return {"state": closed, "recovered": _cents(gained)}
    if found is None or not short:
        return {
            "state": DisputeState.RECOVERED if acts and gained else DisputeState.NONE,
            "recovered": _cents(gained) if acts else None,
        }
    if acts:
        return {"state": DisputeState.DISPUTED, "recovered": _cents(gained)}
    item = line_item(line.row.number if found.number is not None else 0, sequence)
    touched = any(
        done.data.worklist == ListKind.UNDERPAYMENT and (since is None or done.at > since) and done.data.names(item)
        for done in line.facts.work
    )
    return {"state": DisputeState.REVIEWING if touched else DisputeState.DETECTED, "recovered": None}


def line_item(number: int, sequence: str) -> str:
    """The name of a line's item on the worklists; number 0: the claim as a whole."""
    return f"line {number} {sequence}"


def _won_before(line: DayClaimLine, acts: Sequence[DisputeAct], sequence: str) -> datetime | None:
    """When the last dispute was won, if the payer answered again since: what is short now is a new matter."""
    said = line.standing.get(sequence)
    won = bool(said and acts and acts[-1].outcome == DisputeState.RECOVERED and said.received_at > acts[-1].time)
    return acts[-1].time if won else None


def _gained(line: DayClaimLine, found: Comparison | None, sequence: str) -> Decimal | None:
    """What is allowed now above the first answer that was short of what is expected."""
    if found is None or found.allowed is None or found.expected_allowed is None:
        return None
    earlier = (
        a.allowed for a in line.facts.answers if a.sequence == sequence and a.undone and a.kind != EntryKind.REVERSAL
    )
    first = next((allowed for allowed in earlier if allowed < found.expected_allowed), found.allowed)
    return found.allowed - first if found.allowed > first else None


def _final(answer: LineAnswer) -> Finalized:
    """What an answer finalized; of one that does not balance, what it supports."""
    unsure = answer.supported is not None
    allowed = answer.allowed if answer.supported is None else answer.supported
    return Finalized(on=answer.notice_date, received_at=answer.received_at, allowed=allowed, unconfirmed=unsure)


def _use(line: DayClaimLine, attempt: int | None) -> ThresholdUse:
    facts, standing = line.facts, line.standing.get("P")
    finals = (_final(answer) for answer in facts.answers if answer.sequence == "P")
    flying = standing is None and facts.claim_answer is None and facts.claim_status in IN_FLIGHT
    return ThresholdUse(
        finalized=tuple(final for final in finals if final.allowed != ZERO),
        in_flight=flying,
        denied=bool(standing and standing.denied),
        attempt=attempt,
        charge=from_cents(line.row.charge) if flying else None,
        sent_without_kx=facts.sent_without_kx,
        work=tuple(done for done in facts.work if done.data.worklist in (ListKind.THRESHOLD, EVERY_LIST)),
    )
