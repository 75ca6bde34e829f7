"""One claim's page: state, money per line, every deadline with its explanation, findings, timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from events.adjustment import Adjustment
from projections.claims.carried_statement import Carried
from projections.claims.state import Account, Attempt, ClaimState, LineState, Recoupment
from projections.claims.status_reports import StatusReport
from projections.claims.typed_entries import TypedEntry
from projections.deadlines import Case, Deadline, state_at
from projections.deadlines.prices import price_deadlines
from projections.history import LoggedEvent, business_order
from projections.keys import Key
from projections.rules.claim_status_words import StatusTable
from projections.session_rules.unchecked import unchecked
from projections.tables.price_facts import PriceExplanation
from projections.tables.tables import READ_TABLES, table_of
from projections.tables.threshold_facts import ThresholdLine
from projections.tables.vocabulary import PriceVerdict
from projections.terms.terms_in_force import Reference
from projections.work.carried_over import statement_words
from services.core.errors import NotFoundError
from services.presentation.event_summaries import Wording, summary
from services.presentation.formatting import cents_text
from services.projector.claims import ClaimView, load_claims, view_claim
from services.projector.folds import FoldContext
from services.reads.contradictions import conflicts_of
from services.reads.findings import findings_of
from services.reads.next_steps import next_steps
from services.reads.read_context import ReadContext
from services.reads.repeats import repeats_json
from services.store.marked_keys import is_repricing
from services.store.tables import Stale

CLAIM, PRICE = READ_TABLES["claim"], READ_TABLES["line_price"]
THRESHOLD, MEMBERSHIP = READ_TABLES["threshold"], READ_TABLES["membership"]
STALE = table_of(Stale)


def claim_page(context: ReadContext, claim_id: str) -> dict[str, Any]:
    """The page of one claim, refolded from the log. Raises NotFoundError."""
    with context.near(claim_id).context() as (fold_context, reference):
        key = str(Key("claim", context.practice, claim_id))
        history = load_claims(fold_context, [key], reference)[key]
        view = view_claim(key, history, reference)
        if view.state is None:
            raise NotFoundError("no such claim in this practice")
        beside = _beside(fold_context, key, context, claim_id)
        return _page(view, history, beside, context.at)


def claim_id_of(context: ReadContext, ref: str) -> str:
    """The claim an opaque ref stands for. Raises NotFoundError."""
    with context.engine.connect() as connection:
        found = connection.scalar(
            select(CLAIM.c.claim_id).where(CLAIM.c.practice == context.practice, CLAIM.c.ref == ref)
        )
    if found is None:
        raise NotFoundError("no such claim in this practice")
    return str(found)


def _beside(fold_context: FoldContext, key: str, context: ReadContext, claim_id: str) -> dict[str, Any]:
    """What other keys' rows say of this claim: prices, findings, lines that want KX."""
    rows = fold_context.rows
    day_keys = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key == key)
    year_keys = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key.in_(day_keys))
    priced = rows.execute(
        select(PRICE)
        .where(PRICE.c.key.in_(day_keys), PRICE.c.claim_id == claim_id)
        .order_by(PRICE.c.line, PRICE.c.sequence.desc())
    ).all()
    return {
        # the first payer's comes last and is shown: a line's price is what it owes, later payers owe what is left
        "prices": {row.line: row for row in priced},
        "priced": priced,
        "findings": findings_of(fold_context, context.practice, claim_id=claim_id),
        "missing_kx": [
            line.to_json()
            for missing in rows.scalars(select(THRESHOLD.c.lines_missing_kx).where(THRESHOLD.c.key.in_(year_keys)))
            for line in ThresholdLine.list_from_json(missing)
            if line.claim_id == claim_id
        ],
        "stale": [f"{row.projection}: {row.error}" for row in rows.execute(select(STALE).where(STALE.c.key == key))],
        "next_step": next_steps(rows, context, [claim_id])[claim_id].as_json(),
        "repricing": rows.execute(is_repricing(key)).first() is not None,
    }


def _not_checked(state: ClaimState, reference: Reference) -> list[str]:
    """What no table at hand could say about a claim's codes and diagnoses."""
    if state.dos is None or not state.accounts:
        return []
    account = state.accounts[0]
    rules = reference.ruleset(state.dos, account.payer_id, account.program)
    return unchecked(rules, {line.procedure for line in state.lines}, state.diagnoses)


def _page(view: ClaimView, history: Sequence[LoggedEvent], beside: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    state, reference = view.state, view.reference
    assert state is not None
    clocks = (*view.deadlines, *price_deadlines(Case(state, reference), beside["priced"], view.deadlines))
    return {
        "claim_id": state.claim_id,
        "ref": reference.ref(state.practice, state.claim_id),
        "patient_id": state.patient_id,
        "patient": {
            "name": state.patient.name,
            "birth_date": _iso(state.patient.birth_date),
            "member_id": state.patient.member_id,
        },
        "payer_id": state.accounts[0].payer_id if state.accounts else None,
        **_sending(state),
        "payers": [
            {"payer_id": a.payer_id, "sequence": a.sequence, "attempts": len(a.attempts)} for a in state.accounts
        ],
        "status": state.status,
        "flags": _flags(state, beside),
        "repeats": repeats_json(state, reference),
        "conflicts": conflicts_of(history),
        "dos": _iso(state.dos),
        **_amounts(state),
        "visit_ids": list(state.visit_ids),
        "diagnoses": list(state.diagnoses),
        "lines": [line_json(line, beside["prices"].get(line.number)) for line in state.lines],
        "entries": [
            _entry_json(account.payer_id, entry)
            for account in state.accounts
            for entry in account.entries
            if not entry.carried
        ],
        "deadlines": [deadline_json(d, at, reference) for d in clocks],
        "next_step": beside["next_step"],
        "findings": beside["findings"],
        "not_checked": _not_checked(state, reference),
        "lines_missing_kx": beside["missing_kx"],
        "stale": beside["stale"],
        "repricing": beside["repricing"],
        "recoupments": [_recoupment_json(one) for one in state.recoupments],
        "recouped": f"{state.recouped:.2f}",
        "unpaired": f"{state.unpaired:.2f}",
        "next_payer": _next_payer_json(state),
        "carried_over": _carried_json(state.carried) if state.carried else None,
        "typed_before": [_typed_json(typed) for typed in state.typed_before],
        "status_reports": [
            _status_json(report, reference.terms.claim_statuses(at.date())) for report in reversed(state.status_reports)
        ],
        "timeline": timeline(history, reference),
    }


def _amounts(state: ClaimState) -> dict[str, str]:
    """In dollars, with two decimals."""
    told = {
        "charge": state.charge,
        "allowed": state.allowed,
        "paid": state.paid,
        "patient_responsibility": state.patient_responsibility,
        "balance": state.balance,
        "payer_balance": state.payer_balance,
        "patient_balance": state.patient_balance,
        "written_off": state.written_off,
    }
    return {name: f"{amount:.2f}" for name, amount in told.items()}


def _sending(state: ClaimState) -> dict[str, Any]:
    """Who treated and billed, where, and when it was sent first."""
    return {
        "billing_npi": state.billing_npi,
        "rendering_npi": state.rendering_npi,
        "place_of_service": state.place_of_service,
        "sent_at": _first_sent(state),
    }


def _first_sent(state: ClaimState) -> str | None:
    """When it was sent first, of submissions whose instant or day is known."""
    sent = [a.sent_at for account in state.accounts for a in account.attempts if a.seen or _is_carried(account, a)]
    return _iso(min(sent, default=None))


def _is_carried(account: Account, attempt: Attempt) -> bool:
    return account.carried is not None and attempt.event == account.carried.event


def _flags(state: ClaimState, beside: Mapping[str, Any]) -> list[str]:
    verdicts = {row.verdict for row in beside["prices"].values()}
    added = {PriceVerdict.UNDERPAID, PriceVerdict.OVERPAID} & verdicts | (
        {"kx_missing"} if beside["missing_kx"] else set()
    )
    return sorted({*state.flags, *added})


def _recoupment_json(one: Recoupment) -> dict[str, Any]:
    """A provider adjustment (PLB) that names the claim; a positive amount takes money."""
    return {
        "on": _iso(one.on),
        "reason": one.reason,
        "reference": one.reference,
        "amount": f"{one.amount:.2f}",
        "counts": one.counts,
    }


def _carried_json(carried: Carried) -> dict[str, Any]:
    """The statement of the system used before; `counts` where the balance is taken from it."""
    return {
        "as_of": carried.as_of.isoformat(),
        "counts": carried.anchors,
        "balance": f"{carried.balance:.2f}",
        "status": carried.status,
        "note": carried.note,
        "words": statement_words(carried),
        "differences": list(carried.differences),
    }


def _typed_json(typed: TypedEntry) -> dict[str, Any]:
    """A paper EOB that was typed before its 835 came."""
    return {
        "entered_by": typed.entered_by,
        "check_number": typed.check_number,
        "payment_date": _iso(typed.payment_date),
        "paid": f"{typed.paid:.2f}",
    }


def _status_json(report: StatusReport, statuses: StatusTable) -> dict[str, Any]:
    """A payer's answer to a status inquiry, in words and codes."""
    return {
        "effective_on": _iso(report.effective_on),
        "category": report.category,
        "status": report.status,
        "entity": report.entity,
        "pending": report.is_pending,
        "words": statuses.status_words(report.category, report.status, report.entity),
        "payer": report.payer or None,
        "payer_claim_number": report.payer_claim_number,
        "message": report.message,
        "paid": None if report.paid is None else f"{report.paid:.2f}",
    }


def _next_payer_json(state: ClaimState) -> dict[str, Any] | None:
    """The payer whose turn it is, and how the claim gets to it."""
    turn = state.next_payer
    if turn is None:
        return None
    return {
        "payer_id": turn.account.payer_id,
        "sequence": turn.account.sequence,
        "step": turn.step.value,
        "share": f"{turn.amount:.2f}",
    }


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None


def line_json(line: LineState, price: Any = None) -> dict[str, Any]:
    """A line with what it brought; with what it should have brought where a price is known."""
    told = {
        "number": line.number,
        "procedure": line.procedure,
        "modifiers": list(line.modifiers),
        "units": f"{line.units.normalize():f}",
        "charge": f"{line.charge:.2f}",
        "dos": _iso(line.dos),
        "allowed": f"{line.allowed:.2f}",
        "paid": f"{line.paid:.2f}",
        "patient_responsibility": f"{line.patient_responsibility:.2f}",
        "status": line.status,
        "adjustments": [_adjustment_json(a) for a in line.adjustments],
        "remark_codes": list(line.remark_codes),
    }
    if price is not None:
        told |= {
            "expected_allowed": cents_text(price.expected_allowed),
            "verdict": price.verdict,
            "contract": price.contract,
            "explanation": PriceExplanation.from_json(price.explanation).to_json()["steps"],
        }
    return told


def _adjustment_json(adjustment: Adjustment) -> dict[str, str]:
    return {"group": adjustment.group, "reason": adjustment.reason, "amount": f"{adjustment.amount:.2f}"}


def _entry_json(payer_id: str, entry: Any) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "event": _name(entry.event),
        "payer_id": payer_id,
        "trace_number": entry.trace_number,
        "ordinal": entry.ordinal,
        "notice_date": _iso(entry.notice_date),
        "status_code": entry.status_code,
        "payer_claim_number": entry.payer_claim_number,
        "charge": f"{entry.charge:.2f}",
        "paid": f"{entry.paid:.2f}",
        "allowed": f"{entry.allowed:.2f}",
        "patient_responsibility": f"{entry.patient_responsibility:.2f}",
        "adjustments": [_adjustment_json(a) for a in entry.adjustments],
        "remark_codes": list(entry.remark_codes),
        "undone": entry.undone,
        "unpaired": f"{entry.unpaired:.2f}",
        "corrected_member_id": entry.corrected_member_id,
        "forwarded_to": entry.forwarded_to,
        "received_on": _iso(entry.received_on),
    }


def deadline_json(deadline: Deadline, at: datetime, reference: Reference) -> dict[str, Any]:
    return {
        "kind": deadline.kind,
        "payer_id": deadline.payer_id,
        "due": _iso(deadline.due),
        "latest": _iso(deadline.latest),
        "state": state_at(deadline, at, reference.zone),
        "started_by": _name(deadline.started_by),
        "started_at": _iso(deadline.started_at),
        "ended_by": _name(deadline.ended_by),
        "ended_at": _iso(deadline.ended_at),
        "rule": deadline.rule,
        "attempt": deadline.attempt,
        "explanation": list(deadline.explanation),
    }


def _name(name: tuple[str, str] | None) -> dict[str, str] | None:
    return {"source": name[0], "id": name[1]} if name else None


def timeline(history: Sequence[LoggedEvent], reference: Reference) -> list[dict[str, Any]]:
    """Every event of the claim in business order, withdrawn ones included: history is never hidden."""
    ordered = sorted(history, key=lambda event: business_order(event, reference.zone))
    latest = max((event.recorded_at for event in history), default=None)
    wording = Wording(reference.zone, reference.terms.claim_statuses(latest.date())) if latest else None
    return [
        {
            "time": event.time.isoformat(),
            "recorded_at": event.recorded_at.isoformat(),
            "type": event.type,
            "source": event.source,
            "id": event.id,
            "supersedes": _name(event.supersedes),
            "rawref": event.rawref,
            "summary": summary(event.data, wording),
        }
        for event in ordered
    ]
