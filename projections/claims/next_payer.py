"""Who decides next on what a payer left to the patient: the payers of loop 2320, each in its place (SBR01).

A payer either sends the claim on itself (CLP02 19 to 21, NM1*TT, RARC MA07, MA18, N89) or leaves it to us to bill the
next one. Until the last payer answered, the patient owes nothing that a payer may still pay. A payer that says that
the claim is not its own and sends it on (CLP02 23) decides nothing: all that was open is for the payer it went to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from events.claim import ClaimSubmitted, payer_place
from events.followup import WorkResolved
from events.remittance import FORWARDED
from events.values import ZERO
from projections.claims.money import Owed, is_voided
from projections.claims.state import Account, Entry, NextPayer, PersonAct, TurnStep
from projections.history import LoggedEvent
from projections.terms.terms_in_force import Reference

SECONDARY_LIST = "secondary"  # the worklist on which a person may say that no payer is left to bill
# RARC: information was sent on to another payer.
SENT_ON = frozenset({"MA07", "MA18", "N89"})


def is_sent_on(entry: Entry) -> bool:
    """Whether the payer says that it sent the claim on to the next one."""
    remarks = {*entry.remark_codes, *(code for line in entry.lines for code in line.remark_codes)}
    return entry.status_code in FORWARDED or bool(entry.forwarded_to) or not SENT_ON.isdisjoint(remarks)


def listed_payers(history: Iterable[LoggedEvent], accounts: Sequence[Account], reference: Reference) -> list[Account]:
    """Payers the claim names after the one it was sent to, that were neither billed nor heard of yet."""
    sent = [event.data for event in history if isinstance(event.data, ClaimSubmitted)]
    first = [data for data in sent if data.payer_sequence == "P"] or sent
    if not first:
        return []
    known, places = {account.payer_id for account in accounts}, {account.sequence for account in accounts}
    found = []
    for other in first[-1].other_payers:
        payer, sequence = reference.payer(other.payer_id, other.name), other.sequence or ""
        later = sequence and payer_place(sequence) > payer_place(first[-1].payer_sequence)
        if later and payer not in known and sequence not in places:
            known.add(payer)
            found.append(_not_billed(payer, sequence, other.payer_id))
    return sorted(found, key=lambda account: payer_place(account.sequence))


def next_payer(
    accounts: Sequence[Account], listed: Sequence[Account], balance: Owed, acts: Sequence[PersonAct]
) -> NextPayer | None:
    """The payer that may still pay what the patient is left with; None where the patient owes it."""
    return _instead(accounts, listed, balance) or _after_answer(accounts, listed, balance.patient, acts)


def _instead(accounts: Sequence[Account], listed: Sequence[Account], balance: Owed) -> NextPayer | None:
    """The payer to which another one sent the claim as not its own; None once somebody later was billed or answered."""
    if not accounts or is_voided(accounts):
        return None
    last = next((a for a in reversed(accounts) if a.attempts or a.entries), accounts[-1])
    after = last.sent_on
    if after is None:
        return None
    later = [account for account in listed if payer_place(account.sequence) > payer_place(last.sequence)]
    named = _not_billed(after.forwarded_to, last.sequence)
    share = max(balance.patient, ZERO) if any(account.standing_entries for account in accounts) else ZERO
    carried = max(balance.payer, ZERO)
    if not share and not carried:
        return None
    known = later[0] if later and not after.forwarded_to else named
    return NextPayer(account=known, after=after, step=TurnStep.FORWARDED, share=share, carried=carried)


def _after_answer(
    accounts: Sequence[Account], listed: Sequence[Account], patient: Decimal, acts: Sequence[PersonAct]
) -> NextPayer | None:
    answered = [place for place, account in enumerate(accounts) if account.standing_entries]
    if not answered or patient <= ZERO:
        return None
    last = accounts[answered[-1]]
    after = max(last.standing_entries, key=lambda entry: (entry.notice_date, entry.received_at, entry.event))
    waiting = [account for account in accounts[answered[-1] + 1 :] if account.attempts]
    if waiting:
        return NextPayer(account=waiting[0], after=after, step=TurnStep.BILLED, share=patient)
    later = [account for account in listed if payer_place(account.sequence) > payer_place(last.sequence)]
    if _none_left(acts, after.received_at):
        return None
    if is_sent_on(after):
        known = later[0] if later else _unnamed(after, last)
        return NextPayer(account=known, after=after, step=TurnStep.FORWARDED, share=patient)
    return NextPayer(account=later[0], after=after, step=TurnStep.BILL, share=patient) if later else None


def _unnamed(after: Entry, last: Account) -> Account:
    """The payer a claim was sent on to, as far as the notice names it."""
    sequence = "S" if last.sequence == "P" else "T"
    return _not_billed(after.forwarded_to, sequence)


def _not_billed(payer_id: str | None, sequence: str, stated: str | None = None) -> Account:
    return Account(
        payer_id=payer_id or "",
        stated_payer_id=stated or payer_id or "",
        sequence=sequence,
        plan=None,
        program=None,
        attempts=(),
        entries=(),
    )


def _none_left(acts: Iterable[PersonAct], since: datetime) -> bool:
    """Whether a person closed the matter: no payer is left to bill."""
    return any(
        isinstance(act.data, WorkResolved)
        and act.data.worklist == SECONDARY_LIST
        and act.data.closes
        and act.time >= since
        for act in acts
    )
