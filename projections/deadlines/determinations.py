"""What a payer decided and still holds to: each notice, the lines it denies, and the later notice that replaced it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.adjustment import Adjustment
from events.claim import KX
from events.values import ZERO
from projections.claims.repeated_answers import answered_lines, answers_whole
from projections.claims.state import Account, Entry, EntryLine, LineKey
from projections.rules.adjustment_codes import DenialJudgment, DenialTable, denial_of
from projections.rules.policies import PayerTerms, Terms
from projections.rules.programs import ORIGINAL_MEDICARE

_UNSAID = "Reported as denied, although none of its codes is a denial code"
_CARRIED = "Denied before the change of systems; the codes are not on file, see the payer's notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedLine:
    """`amount`: what the denying codes took off. `stands`: no later notice answered the line again.

    `patient_owes`: the denial lays it on the patient (group PR).
    """

    number: int | None
    procedure: str
    amount: Decimal
    codes: str
    judgment: DenialJudgment
    stands: bool
    patient_owes: bool = False


@dataclass(frozen=True, slots=True)
class Determination:
    """A payment or denial notice. `replaced_by`: the later notice, or the lone reversal, that took its place."""

    entry: Entry
    denied: tuple[DeniedLine, ...]
    replaced_by: Entry | None

    @property
    def standing(self) -> tuple[DeniedLine, ...]:
        return tuple(line for line in self.denied if line.stands)


def determinations(account: Account, terms: Terms) -> tuple[Determination, ...]:
    """All notices of a payer in their order, the ones replaced included."""
    entries = account.entries
    return tuple(
        _determination(entry, entries[place + 1 :], account, terms)
        for place, entry in enumerate(entries)
        if entry.is_decision
    )


def _determination(entry: Entry, later: Sequence[Entry], account: Account, terms: Terms) -> Determination:
    if entry.undone:
        denied = _denied_lines(entry, frozenset(), account, terms, stands=False)
        return Determination(entry, denied, _replacement(entry, account.entries))
    answers = [e for e in later if e.stands and e.remit != entry.remit]
    if not answers:
        return Determination(entry, _denied_lines(entry, frozenset(), account, terms, stands=True), None)
    again = answered_lines(answers)
    whole = next((e for e in answers if answers_whole(e, entry)), None)
    denied = _denied_lines(entry, again, account, terms, stands=whole is None)
    gone = denied and not any(line.stands for line in denied)
    mine = answered_lines([entry])
    same = whole or next((e for e in answers if not mine.isdisjoint(answered_lines([e]))), None)
    return Determination(entry, denied, (whole or same) if gone or (not denied and same) else None)


def _replacement(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """The first effective notice not older than the undone one; without any, the reversal itself."""
    others = [e for e in entries if e is not entry and e.notice_date >= entry.notice_date]
    standing = [e for e in others if e.stands]
    reversals = [e for e in others if e.is_reversal]
    return next(iter(standing or reversals), None)


def _denied_lines(
    entry: Entry, again: frozenset[LineKey], account: Account, terms: Terms, *, stands: bool
) -> tuple[DeniedLine, ...]:
    lines = [line for line in entry.lines if line.refused]
    if not lines and not entry.is_denial:
        return ()
    table = terms.denials(entry.notice_date)
    program = terms.program(PayerTerms(account.payer_id, account.plan, account.program), entry.notice_date)
    if not lines:
        whole = RefusedLine(None, "", entry.charge, _all_said(entry), entry.remark_codes, entry.carried)
        return (_denied(whole, program, table, stands=stands),)
    return tuple(
        _denied(_refused(line, entry), program, table, stands=stands and line.key not in again) for line in lines
    )


def _all_said(entry: Entry) -> tuple[Adjustment, ...]:
    """The adjustments of the whole entry, or of its lines where it has none of its own."""
    return entry.adjustments or tuple(adjustment for line in entry.lines for adjustment in line.adjustments)


class RefusedLine(NamedTuple):
    """A line, or a whole entry, with all that was said against it."""

    number: int | None
    procedure: str
    charge: Decimal
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    carried: bool = False


def _refused(line: EntryLine, entry: Entry) -> RefusedLine:
    return RefusedLine(
        line.line,
        line.procedure,
        line.charge,
        (*line.adjustments, *line.laid) or entry.adjustments,
        line.remark_codes + entry.remark_codes,
    )


def _denied(refused: RefusedLine, program: str | None, table: DenialTable, *, stands: bool) -> DeniedLine:
    number, procedure, charge, adjustments, remarks, _ = refused
    judgment = denial_of(adjustments, remarks, program, table)
    denying = [a for a in adjustments if a.amount > 0 and table.judge(a.group, a.reason, remarks, program).is_denial]
    amount = sum((a.amount for a in denying), ZERO) or charge
    if judgment is None:  # called denied, and no code of the table says why: a person reads what was said
        meaning = _CARRIED if refused.carried else _UNSAID
        judgment, denying = replace(table.judge("", "", remarks, program), meaning=meaning), list(adjustments)
    codes = " ".join(dict.fromkeys([*(f"{a.group}-{a.reason}" for a in denying), *remarks]))
    patient_owes = bool(denying) and all(a.group == "PR" for a in denying)
    return DeniedLine(
        number=number,
        procedure=procedure,
        amount=amount,
        codes=codes,
        judgment=judgment,
        stands=stands,
        patient_owes=patient_owes,
    )


def latest_notice(found: Sequence[Determination]) -> Entry | None:
    """The newest notice in effect; None when there is none."""
    standing = [d.entry for d in found if not d.entry.undone and d.replaced_by is None]
    return max(standing, key=_notice_order, default=None)


def undetermined(found: Sequence[Determination], notice: Entry) -> bool:
    """Whether a notice determined nothing, so that there is nothing to reopen.

    All it says is then a refusal that is no initial determination, as of a claim filed late (42 CFR 405.926).
    """
    denied = next((d.denied for d in found if d.entry is notice), ())
    whole = len(denied) >= max(len(notice.lines), 1)
    return whole and not any(line.judgment.appealable for line in denied)


def without_kx(account: Account, found: Sequence[Determination]) -> bool:
    """Whether Original Medicare denied a line only because KX was left off it: our own clerical error."""
    if account.program != ORIGINAL_MEDICARE:
        return False
    bare = {line.number for line in account.billed_lines if KX not in line.modifiers}
    standing = [line for notice in found for line in notice.standing]
    return any(line.judgment.category == "kx" and (line.number is None or line.number in bare) for line in standing)


def _notice_order(entry: Entry) -> tuple[date, object]:
    return (entry.notice_date, entry.received_at)
