"""A replacement or void must name the payer's control number of the latest answer (REF*F8): is it that number?

005010X222A1, loop 2300, Payer Claim Control Number. A payer finds the original by it; under an older number the
replacement comes back as a duplicate, or as one whose original is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from events.claim import REPLACEMENT, VOID_CLAIM
from events.normal_forms import number_form
from projections.claims.state import Account, Attempt, ClaimState
from projections.keys import Key
from projections.readiness.rows import About, finding_rows
from projections.session_rules.findings import Finding
from projections.tables.visits import FindingRow
from projections.terms.terms_in_force import Reference

RULE = "claim.old_control_number"


def replacement_findings(state: ClaimState, reference: Reference) -> list[FindingRow]:
    """Rows of `finding` for every replacement and void that names another number than the payer's latest."""
    found: list[tuple[About, Finding]] = []
    for account in state.accounts:
        for attempt in account.attempts:
            if attempt.frequency in (REPLACEMENT, VOID_CLAIM):
                about = About(
                    state.patient_id,
                    state.dos,
                    claim_id=state.claim_id,
                    attempt=attempt.number,
                    is_current=attempt is account.last_attempt,
                )
                found += [(about, finding) for finding in _judged(account, attempt, state.dos, reference)]
    return finding_rows(str(Key("claim", state.practice, state.claim_id)), state.practice, found)


def _judged(account: Account, attempt: Attempt, dos: date | None, reference: Reference) -> list[Finding]:
    sent_on = attempt.sent_at.astimezone(reference.zone).date()
    given = [number for on, number in sorted(_given(account, reference)) if on <= sent_on]
    named = number_form(attempt.original_reference)
    if not given or named == number_form(given[-1]):
        return []
    if not named:
        told = f"has no payer claim control number; the payer's latest response gave {given[-1]}"
    elif named in map(number_form, given):
        told = f"has control number {attempt.original_reference}; the payer's latest response gave {given[-1]}"
    else:
        told = f"has {attempt.original_reference}, which is in no response from this payer; the latest gave {given[-1]}"
    what = "replacement" if attempt.frequency == REPLACEMENT else "void"
    rules = reference.ruleset(dos or sent_on, account.payer_id, account.program)
    return rules.find(RULE, f"the {what} {told}", f"resubmit it with REF*F8 {given[-1]}")


def _given(account: Account, reference: Reference) -> Iterator[tuple[date, str]]:
    """Every number that the payer gave the claim, with the payer's own date."""
    for entry in account.entries:
        if entry.payer_claim_number:
            yield entry.notice_date, entry.payer_claim_number
    for attempt in account.attempts:
        for ack in attempt.acks:
            if ack.payer_claim_number and ack.stage == "payer":
                on = ack.effective_on or ack.received_at.astimezone(reference.zone).date()
                yield on, ack.payer_claim_number
