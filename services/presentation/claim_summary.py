"""A claim's state in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from projections.tables.vocabulary import EntryKind, LineStatus
from services.presentation.formatting import day, dollars, plural

ClaimPage = Mapping[str, Any]
UNDECIDED = (LineStatus.OPEN, LineStatus.REJECTED)  # no payer's decision stands
DECISIONS = (EntryKind.PAYMENT, EntryKind.DENIAL)


def state_sentence(page: ClaimPage, payer_name: Callable[[str], str] = str) -> str:
    """What happened last and who owes what. `payer_name`: what people call a payer, by its id."""
    teller = TELLERS.get(page["status"])
    entries = [entry | {"payer_id": _called(entry["payer_id"], payer_name)} for entry in page["entries"]]
    named = {**page, "payer_id": _called(page["payer_id"], payer_name), "entries": entries}
    return teller(named) if teller else f"The claim is {page['status'].replace('_', ' ')}."


def claim_allowed(page: ClaimPage) -> str | None:
    """What payers allowed; None, not 0, where no payer decided yet."""
    decided = any(entry["kind"] in DECISIONS and not entry["undone"] for entry in page["entries"])
    return page["allowed"] if decided or Decimal(page["allowed"]) else None


def line_allowed(line: Mapping[str, Any]) -> str | None:
    """The same of a line of the claim's page."""
    return None if line["status"] in UNDECIDED and not Decimal(line["allowed"]) else str(line["allowed"])


def _called(payer_id: str | None, payer_name: Callable[[str], str]) -> str | None:
    return payer_name(payer_id) if payer_id else payer_id


def _payer(page: ClaimPage) -> str:
    return str(page["payer_id"] or "the payer")


def _attempts(page: ClaimPage) -> int:
    return int(page["payers"][0]["attempts"]) if page["payers"] else 0


def _sent(page: ClaimPage) -> str:
    attempts = _attempts(page)
    return f"Submitted to {_payer(page)}" + (f" for the {_nth(attempts)} time" if attempts > 1 else "")


def _nth(number: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(number, f"{number}th")


def _answered(page: ClaimPage) -> str:
    return _on(page["entries"])


def _on(entries: Iterable[Mapping[str, Any]]) -> str:
    notices = [entry["notice_date"] for entry in entries if not entry["undone"]]
    return f" on {day(max(notices))}" if notices else ""


def _left(page: ClaimPage) -> str:
    payer, patient = Decimal(page["payer_balance"]), Decimal(page["patient_balance"])
    owed = [f"{_payer(page)} still owes {dollars(payer)}"] if payer > 0 else []
    owed += [f"{dollars(-payer)} is to be refunded to {_payer(page)}"] if payer < 0 else []
    owed += [f"the patient owes {dollars(patient)}"] if patient > 0 else []
    owed += [f"{dollars(-patient)} is to be refunded to the patient"] if patient < 0 else []
    told = " and ".join(owed) or "no open balance"
    return f"{told[:1].upper()}{told[1:]}."


def _denied_lines(page: ClaimPage) -> int:
    return sum(line["status"] == LineStatus.DENIED for line in page["lines"])


def _paid(page: ClaimPage) -> str:
    answers: dict[str, list[Mapping[str, Any]]] = {}
    for entry in page["entries"]:
        answers.setdefault(entry["payer_id"] or _payer(page), []).append(entry)
    if len(answers) > 1:
        each = " and ".join(
            f"{payer} paid {dollars(_sum(entries, 'paid'))}{_on(entries)}" for payer, entries in answers.items()
        )
        return f"Of {dollars(page['charge'])}, {each}. {_left(page)}"
    return (
        f"{_payer(page)} paid {dollars(page['paid'])} of {dollars(page['charge'])}{_answered(page)}, "
        f"allowing {dollars(page['allowed'])}. {_left(page)}"
    )


def _sum(entries: Iterable[Mapping[str, Any]], amount: str) -> Decimal:
    return sum((Decimal(entry[amount]) for entry in entries), Decimal())


TELLERS: Mapping[str, Any] = {
    "in_flight": lambda p: f"{_sent(p)}; the payer has not accepted it yet. {_left(p)}",
    "accepted": lambda p: f"{_sent(p)} and accepted; awaiting the decision. {_left(p)}",
    "rejected": lambda p: (
        f"Rejected before adjudication by {_payer(p)}: correct and resubmit; a rejection cannot be "
        f"appealed. {dollars(p['charge'])} outstanding."
    ),
    "denied": lambda p: (
        f"{_payer(p)} denied the claim{_answered(p)}: none of the {dollars(p['charge'])} was allowed. {_left(p)}"
    ),
    "partially_denied": lambda p: (
        f"{_payer(p)} denied {plural(_denied_lines(p), 'line')} of {len(p['lines'])} and "
        f"paid {dollars(p['paid'])} of {dollars(p['charge'])}{_answered(p)}. {_left(p)}"
    ),
    "paid": _paid,
    "patient_due": _paid,
    "in_appeal": lambda p: (
        f"In appeal with {_payer(p)}; {dollars(p['paid'])} of {dollars(p['charge'])} paid so far. {_left(p)}"
    ),
    "closed": lambda p: f"Closed. {_paid(p)}",
    "voided": lambda p: f"Voided. {_left(p)}",
    "written_off": lambda p: (
        f"{dollars(p['written_off'])} was written off; {dollars(p['paid'])} of {dollars(p['charge'])} was paid."
    ),
    "unmatched": lambda p: (
        f"Known only from {_payer(p)}: this practice did not submit a claim with this number. "
        f"{dollars(p['paid'])} was paid on it."
    ),
}
