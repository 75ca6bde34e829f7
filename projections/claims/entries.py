"""Turns remittance entries into what payers answered, and undoes what they reversed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from events.adjustment import Adjustment
from events.claim import payer_place
from events.remittance import (
    NOT_OURS,
    PREDETERMINATION,
    SEQUENCES,
    ClaimDenied,
    ClaimRejected,
    PaymentPosted,
    PaymentReversed,
    RemittanceLine,
    remit_key,
)
from events.values import ZERO
from projections.claims.attempts import OpenAccount
from projections.claims.carried_account import of_statement
from projections.claims.entry_sums import comes_out, repeats_lines, settled_share
from projections.claims.line_matching import Matched, match_lines, places_of
from projections.claims.normalize import normalized
from projections.claims.reversals import apply_reversals
from projections.claims.state import Entry, EntryLine
from projections.history import LoggedEvent, OfKinds, stated_day
from projections.pricing.compare import Comparer
from projections.pricing.remit import PayerAnswer, Rebuilt, rebuild_allowed, spread
from projections.rules.adjustment_codes import DenialTable, cut_of, is_denied_line
from projections.rules.adjustments import patient_owed, rolled_lines
from projections.tables.vocabulary import EntryKind
from projections.terms.terms_in_force import Reference

_is_payment_answer = OfKinds(PaymentPosted, ClaimDenied, PaymentReversed)
EXACT_DUPLICATE = "18"  # CARC: the very same claim was adjudicated before


class Judges(NamedTuple):
    """What an entry is read by: what denies, and which part each adjustment plays."""

    table: DenialTable
    comparer: Comparer
    notice_date: date


def file_entries(
    history: Iterable[LoggedEvent], accounts: list[OpenAccount], reference: Reference, table: DenialTable
) -> None:
    """Puts every remittance entry on the account of the payer that answered."""
    answers = [h for h in history if _is_answer(h.data)]
    filed: dict[int, list[tuple[int, Entry]]] = {}
    gone: dict[int, str] = {}  # accounts whose payer sent the claim on undecided, and how that payer names itself
    for place, logged in sorted(enumerate(answers), key=lambda pair: _filing_turn(pair[1].data)):
        account = _account_of(logged.data, accounts, reference, Filed(filed, gone))
        if _is_sent_on_undecided(logged.data):
            gone.setdefault(id(account), _payer(logged.data, reference))
        filed.setdefault(id(account), []).append((place, _entry(logged, account, table, reference)))
    for account in accounts:
        entries = [entry for _, entry in sorted(filed.get(id(account), ()), key=itemgetter(0))]
        apart = of_statement(account.carried, entries)
        rest = apply_reversals([entry for place, entry in enumerate(entries) if place not in apart])
        account.entries = _set_duplicates_aside([*apart.values(), *rest])


def _is_answer(data: Any) -> bool:
    if isinstance(data, ClaimRejected):
        return data.remit is not None
    return _is_payment_answer(data)


def _filing_turn(data: Any) -> int:
    """A reversal seldom says whether first or second payer speaks: those that do say it are filed before it.

    And before them what says that another payer will speak in this one's place.
    """
    return 0 if _is_sent_on_undecided(data) else 1 if data.status_code in SEQUENCES else 2


def _payer(data: Any, reference: Reference) -> str:
    return reference.payer(data.payer_id, data.payer_name, data.claim_filing_indicator)


class Filed(NamedTuple):
    """What is on the accounts so far, by identity of the account."""

    entries: Mapping[int, list[tuple[int, Entry]]]
    gone: Mapping[int, str]

    def keeps(self, account: OpenAccount, payer: str) -> bool:
        """Whether an answer of this payer can be the account's: nobody sent the claim on, or it is who did."""
        return self.gone.get(id(account), payer) == payer


def _account_of(data: Any, accounts: list[OpenAccount], reference: Reference, filed: Filed) -> OpenAccount:
    """By payer, else by the payer's own claim number, else by its place in the sequence.

    Payers name themselves differently in an 837 and an 835. Where one sent the claim on as not its own, an answer that
    does not name itself as that one did is another payer's.
    """
    payer = _payer(data, reference)
    said = data.status_code in SEQUENCES
    sequence = SEQUENCES.get(data.status_code or "", data.payer_sequence or "P")
    tests: list[Callable[[OpenAccount], bool]] = [
        lambda account: account.payer_id == payer,
        lambda account: not said and _knows(filed.entries.get(id(account), ()), data.payer_claim_number),
        lambda account: account.sequence == sequence and filed.keeps(account, payer),
    ]
    found = next((account for fits in tests for account in accounts if fits(account)), None)
    if found is not None:
        return found
    if len(accounts) == 1 and not said and not _of_later(data, accounts[0]) and filed.keeps(accounts[0], payer):
        return accounts[0]
    accounts.append(
        OpenAccount(
            payer_id=payer,
            stated_payer_id=data.payer_id or "",
            sequence=sequence,
            plan=None,
            indicator=data.claim_filing_indicator,
        )
    )
    return accounts[-1]


def _of_later(data: Any, account: OpenAccount) -> bool:
    """Whether a publisher says that a later payer speaks. P is also what is read where nothing is said."""
    return payer_place(data.payer_sequence or "P") > payer_place(account.sequence)


def _knows(filed: Iterable[tuple[int, Entry]], number: str | None) -> bool:
    return number is not None and any(entry.payer_claim_number == number for _, entry in filed)


def _kind(data: Any) -> EntryKind:
    if isinstance(data, ClaimRejected):
        return EntryKind.REJECTION
    if data.status_code == PREDETERMINATION:
        return EntryKind.PREDETERMINATION
    if isinstance(data, PaymentReversed):
        return EntryKind.REVERSAL
    if _is_sent_on_undecided(data):
        return EntryKind.FORWARDED
    return EntryKind.DENIAL if isinstance(data, ClaimDenied) else EntryKind.PAYMENT


def _is_sent_on_undecided(data: Any) -> bool:
    """CLP02 23, not our claim: nothing is decided, whatever the adjustments say. Money is posted as it is stated."""
    if data.status_code != NOT_OURS:
        return False
    told: list[PaymentPosted | RemittanceLine] = [data, *data.lines]
    return not any(part.paid or patient_owed(part.adjustments) for part in told)


def _entry(logged: LoggedEvent, account: OpenAccount, table: DenialTable, reference: Reference) -> Entry:
    data = logged.data
    kind = _kind(data)
    sign = -1 if kind == EntryKind.REVERSAL else 1
    notice_date = stated_day(logged, reference.zone)
    judges = Judges(table, reference.comparer, notice_date)
    repeated = data.adjustments if repeats_lines(data) else ()
    own = () if repeated else data.adjustments
    lines = _lines(data, own, account, judges, kind)
    stated_allowed = data.allowed if kind != EntryKind.REVERSAL else None
    if kind in (EntryKind.PAYMENT, EntryKind.DENIAL):  # whatever a publisher called it
        denied = _refuses_all(data, lines, judges) or (kind == EntryKind.DENIAL and not data.paid)
        kind = EntryKind.DENIAL if denied else EntryKind.PAYMENT
    return Entry(
        kind=kind,
        remit=remit_key(data.remit),
        trace_number=data.remit.trace_number,
        ordinal=data.ordinal or 0,
        payer_sequence=account.sequence,
        notice_date=notice_date,
        received_at=logged.time,
        status_code=data.status_code or "",
        payer_claim_number=data.payer_claim_number,
        charge=data.charge if data.charge is not None else ZERO,
        paid=data.paid if data.paid is not None else ZERO,
        allowed=_claim_allowed(data, lines, judges, stated_allowed),
        patient_responsibility=_patient_share(data, sign),
        adjustments=own,
        remark_codes=data.remark_codes,
        lines=lines,
        event=logged.name,
        undone=False,
        allowed_stated=stated_allowed,
        patient_share=settled_share(data, own) if sign > 0 else _patient_share(data, sign),
        repeated=repeated,
        balanced=comes_out(data, own),
        forwarded_to=data.forwarded_to,
        corrected_member_id=data.corrected_member_id,
        received_on=data.received_on,
    )


def kind_alone(logged: LoggedEvent, reference: Reference) -> str:
    """The kind of one answer read by itself, without a claim: what a later one took back or overtook is not seen."""
    table = DenialTable.from_rulebook(reference.rules, stated_day(logged, reference.zone))
    nobody = OpenAccount(payer_id="", stated_payer_id="", sequence="P", plan=None, indicator=None)
    return _entry(normalized(logged, reference), nobody, table, reference).kind


def _claim_allowed(data: Any, lines: tuple[EntryLine, ...], judges: Judges, stated: Decimal | None) -> Decimal:
    """The sum of the lines, on which the claim's own adjustments are laid; without lines by the same rule as a line."""
    if lines:
        return sum((line.allowed for line in lines), ZERO)
    paid, roles = data.paid or ZERO, judges.comparer.roles(judges.notice_date)
    return _allowed(rebuild_allowed(data.charge or ZERO, paid, data.adjustments, roles), stated)


def _allowed(rebuilt: Rebuilt, stated: Decimal | None) -> Decimal:
    """The very amount that is compared with what was expected; where that is unknown, what the adjustments give."""
    counts = rebuilt.counts(stated)
    return rebuilt.amount if counts is None else counts


def _patient_share(data: Any, sign: int) -> Decimal:
    """CLP05 as stated; a reversal seldom states it, so there the PR adjustments speak."""
    owed = patient_owed(data.adjustments) + sum((patient_owed(line.adjustments) for line in data.lines), ZERO)
    stated = data.patient_responsibility
    if stated is None or (sign < 0 and stated >= ZERO):
        return owed
    return Decimal(stated)


def _lines(
    data: Any, own: Sequence[Adjustment], account: OpenAccount, judges: Judges, kind: EntryKind
) -> tuple[EntryLine, ...]:
    """`own`: the claim's adjustments that are laid on its lines."""
    answered = zip(data.lines, _laid(data.lines, own), strict=True)
    matched = match_lines(answered, places_of(account))
    rolled = rolled_lines([one.line for one in matched])
    return tuple(_line(one, judges, kind, rolled=place in rolled) for place, one in enumerate(matched))


def _laid(lines: Sequence[RemittanceLine], adjustments: Sequence[Adjustment]) -> Sequence[RemittanceLine]:
    """The lines with their parts of what was adjusted on the claim as a whole."""
    if not adjustments or not lines:
        return lines
    spreading = spread(
        [PayerAnswer(charge=line.charge, paid=line.paid, adjustments=line.adjustments) for line in lines], adjustments
    )
    return [
        line.model_copy(update={"paid": answer.paid, "adjustments": answer.adjustments})
        for line, answer in zip(lines, spreading, strict=True)
    ]


def _line(matched: Matched, judges: Judges, kind: EntryKind, *, rolled: bool) -> EntryLine:
    number, how, line, laid = matched
    roles = judges.comparer.roles(line.dos or judges.notice_date)
    rebuilt = rebuild_allowed(laid.charge, laid.paid, laid.adjustments, roles)
    denied = kind != EntryKind.REVERSAL and not rolled and is_denied_line(laid, rebuilt.amount, judges.table)
    return EntryLine(
        line=number,
        matched_by=how,
        procedure=line.procedure,
        submitted_procedure=line.submitted_procedure,
        modifiers=line.modifiers,
        units=line.units,
        charge=line.charge,
        paid=line.paid,
        allowed=_allowed(rebuilt, line.allowed if kind != EntryKind.REVERSAL else None),
        allowed_stated=line.allowed,
        adjustments=line.adjustments,
        remark_codes=line.remark_codes,
        dos=line.dos,
        denied=denied,
        laid=laid.adjustments[len(line.adjustments) :],
        net=laid.paid if laid is not line else None,
        cut=ZERO if denied or rolled or kind == EntryKind.REVERSAL else cut_of(laid, judges.table),
        rolled=rolled,
        units_billed=line.submitted_units,
    )


def _refuses_all(data: Any, lines: Sequence[EntryLine], judges: Judges) -> bool:
    """Whether an answer that paid nothing denies every line; of one without lines, what it says of the whole claim."""
    if data.paid:
        return False
    if not lines:
        told = {name: getattr(data, name) for name in ("charge", "paid", "adjustments", "remark_codes")}
        whole = RemittanceLine.model_construct(procedure="", **told)
        return is_denied_line(whole, _claim_allowed(data, (), judges, None), judges.table)
    charged = [line for line in lines if line.charge]
    return bool(charged) and all(line.denied for line in charged)


def _set_duplicates_aside(entries: list[Entry]) -> list[Entry]:
    """A copy refused as an exact duplicate says nothing of the claim while the answer to the original is in effect."""
    copies = {e.event for e in entries if e.is_denial and not e.undone and _only_duplicate(e)}
    standing = any(e.stands and e.event not in copies for e in entries)
    if not copies or not standing:
        return entries
    return [replace(entry, kind=EntryKind.DUPLICATE) if entry.event in copies else entry for entry in entries]


def _only_duplicate(entry: Entry) -> bool:
    reasons = {a.reason for a in entry.adjustments} | {a.reason for line in entry.lines for a in line.adjustments}
    return reasons == {EXACT_DUPLICATE}


def effective_entries(entries: Iterable[Entry]) -> list[Entry]:
    """Entries whose money counts."""
    return [entry for entry in entries if entry.kind in (EntryKind.PAYMENT, EntryKind.DENIAL, EntryKind.REVERSAL)]
