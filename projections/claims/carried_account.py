"""Where a carried-over claim stands among its payers: the submission and the denial that only the statement knows.

A submission or an answer in files, dated up to the day of the statement, takes the place of what it says of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from events.values import ZERO
from projections import calendar
from projections.claims.attempts import OpenAccount, OpenAttempt
from projections.claims.carried_statement import Carried
from projections.claims.state import Entry
from projections.tables.vocabulary import EntryKind


def account_of(carried: Carried, accounts: list[OpenAccount]) -> OpenAccount:
    """The account of the payer the statement names; opened where files have none. Adds to `accounts`."""
    found = next((account for account in accounts if account.payer_id == carried.payer_id), None)
    if found is None:
        found = OpenAccount(
            payer_id=carried.payer_id,
            stated_payer_id=carried.stated_payer_id,
            sequence=carried.payer_sequence,
            plan=None,
            indicator=None,
        )
        accounts.append(found)
    return found


def add_attempt(carried: Carried, account: OpenAccount, zone: ZoneInfo) -> None:
    """The submission whose day is stated, before those that files know; none where one of them is that submission."""
    if carried.sent_on is None or _sent_by(account, carried.as_of, zone):
        return
    stated = [attempt.submitted.attempt for attempt in account.attempts if attempt.submitted]
    if any(number is not None for number in stated):
        return  # its sender counts the attempts of the claim itself
    for attempt in account.attempts:
        attempt.number += 1
    sent_at = _start(carried.sent_on, zone)
    account.attempts.insert(
        0, OpenAttempt(number=1, sent_at=sent_at, submitted=None, event=carried.event, keys=frozenset())
    )


def add_denial(carried: Carried, account: OpenAccount, zone: ZoneInfo) -> None:
    """The denial whose day is stated, without codes; none where an answer in files, up to that day, is here."""
    answered = any(entry.is_decision and entry.notice_date <= carried.as_of for entry in account.entries)
    if carried.denied_on is None or answered:
        return
    account.entries.insert(0, _denial(carried, carried.denied_on, zone))


def of_statement(carried: Carried | None, entries: Sequence[Entry]) -> dict[int, Entry]:
    """By place, the reversals that take back a payment only the statement knows: no answer in files comes before.

    They are paired with nothing in files: a corrected payment that follows is none of what they take back.
    """
    if carried is None or not carried.anchors:
        return {}
    found, left = {}, carried.paid
    for place, entry in enumerate(entries):
        if entry.is_decision:
            break
        if entry.kind == EntryKind.REVERSAL and entry.notice_date > carried.as_of and -entry.paid <= left:
            found[place] = replace(entry, unpaired=entry.paid)
            left += entry.paid
    return found


def _sent_by(account: OpenAccount, day: date, zone: ZoneInfo) -> bool:
    return any(calendar.local_day(attempt.sent_at, zone) <= day for attempt in account.attempts)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return calendar.start_of_day(day, zone)


def _denial(carried: Carried, on: date, zone: ZoneInfo) -> Entry:
    return Entry(
        kind=EntryKind.DENIAL,
        remit="",
        trace_number=None,
        ordinal=0,
        payer_sequence=carried.payer_sequence,
        notice_date=on,
        received_at=_start(on, zone),
        status_code="",
        payer_claim_number=None,
        charge=carried.charge,
        paid=ZERO,
        allowed=ZERO,
        patient_responsibility=ZERO,
        adjustments=(),
        remark_codes=(),
        lines=(),
        event=carried.event,
        undone=False,
        carried=True,
    )
