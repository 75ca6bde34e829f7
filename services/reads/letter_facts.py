"""What letters are written from: the JSON of the claim's page and of the list of underpayments, and raw segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from events.followup import AppealDecided, PatientPaid, RecordsRequested
from events.values import ZERO
from projections.claims.flags import denied_without_kx
from projections.claims.fold import table_date
from projections.claims.state import Account, Ack, Attempt, ClaimState, Rejection
from projections.history import EventId, LoggedEvent
from projections.keys import Key
from projections.rules.adjustment_codes import DenialTable
from projections.tables.vocabulary import SHORT
from projections.terms.terms_in_force import Reference
from services.core.errors import ClaimclockError, NotFoundError, UsageError
from services.presentation.contract_words import term_rows
from services.presentation.formatting import day
from services.presentation.letters.claim_values import first_last
from services.presentation.letters.facts import ClaimFacts, LetterFacts, PracticeProfile, Response, SubmissionProof
from services.presentation.letters.kinds import LetterKind
from services.projector.claims import load_claims, view_claim
from services.reads.claim_history import claim_story
from services.reads.claims import claim_page
from services.reads.list_counts import names_of
from services.reads.payer_names import payer_names
from services.reads.payer_numbers import payer_numbers
from services.reads.price_lines import line_prices
from services.reads.read_context import ReadContext
from services.reads.thresholds import thresholds
from services.reads.underpayments import group_lines
from services.reads.worklists import items_of
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.raw_files import RawStore

WITH_SEGMENTS = (LetterKind.TIMELY_FILING, LetterKind.APPEAL)
_ACCEPTED = {
    "syntax": "File accepted (999)",
    "clearinghouse": "Accepted by the clearinghouse (277CA {category})",
    "payer": "Accepted by the payer (277CA {category})",
}
_RECEIVED = {
    "syntax": "Answer to the file (999 {category})",
    "clearinghouse": "Received by the clearinghouse (277CA {category})",
    "payer": "Received by the payer (277CA {category})",
}
WHOLE_SET = "set"
_NUMBERS = (("interchange", "interchange"), ("group", "group"), ("set", "set"), ("reference", "reference"))


@dataclass(frozen=True, kw_only=True)
class LetterSubject:
    """What a letter is about: a claim (with `lines`, only these), or a group of underpaid lines."""

    kind: LetterKind
    claim_id: str | None = None
    lines: tuple[int, ...] = ()
    level: int = 1
    payer_id: str | None = None
    procedure: str | None = None
    rate_paid: str | None = None


def letter_facts(
    context: ReadContext, store: RawStore, about: LetterSubject, recipient: Sequence[str] | None = None
) -> LetterFacts:
    """Raises NotFoundError for a claim or group that is not there. `recipient`: instead of the address on file."""
    claim = None if about.claim_id is None else _claim_facts(context, store, about.claim_id, about.kind)
    prices = _prices(context, about)
    payer = about.payer_id or _payer(claim, prices)
    settings = PracticeSettings(context.engine, context.practice)
    profile = settings.get(SettingKind.PROFILE)
    return LetterFacts(
        today=context.today,
        zone=context.references.zone,
        profile=PracticeProfile.of(profile.body) if profile else PracticeProfile(),
        payer_id=payer,
        recipient=tuple(recipient)
        if recipient is not None
        else _address(settings, about, payer, claim) or (payer_names(context).of(payer),),
        claim=claim,
        level=about.level,
        prices=prices,
        contract=_contract(context, prices),
        names=names_of(context, (price["patient_id"] for price in prices)),
        numbers=payer_numbers(context, payer, {price["claim_id"] for price in prices}),
    )


def address_name(kind: LetterKind, payer_id: str) -> str:
    """The name of the setting that keeps whom letters of this kind go to."""
    return f"{payer_id}/{kind}"


def _address(settings: PracticeSettings, about: LetterSubject, payer: str, claim: ClaimFacts | None) -> tuple[str, ...]:
    """The address kept for this kind, else one kept for another kind of the payer; a patient's is not known here."""
    if about.kind == LetterKind.PATIENT_STATEMENT:
        name = first_last(claim.patient_name) if claim else None
        return (name,) if name else ()
    kept = settings.current(SettingKind.ADDRESS)
    names = [address_name(about.kind, payer), *sorted(name for name in kept if name.rpartition("/")[0] == payer)]
    found = next((kept[name].body["lines"] for name in names if name in kept), None)
    return tuple(found) if found else ()


def _payer(claim: ClaimFacts | None, prices: Sequence[Mapping[str, Any]]) -> str:
    if prices:
        return str(prices[0]["payer_id"])
    payers = claim.page["payers"] if claim else ()
    return str(payers[0]["payer_id"]) if payers else ""


def _prices(context: ReadContext, about: LetterSubject) -> list[dict[str, Any]]:
    if about.kind != LetterKind.UNDERPAYMENT_DISPUTE:
        return []
    if about.claim_id is None:
        if not (about.payer_id and about.procedure):
            raise UsageError("a dispute of a group names payer and procedure")
        return group_lines(context, about.payer_id, about.procedure, about.rate_paid)
    found = [price for line in _lines_of(context, about) for price in line_prices(context, about.claim_id, line)]
    return [price for price in found if Decimal(price["variance"] or "0") > 0 and price["class"] in SHORT]


def _lines_of(context: ReadContext, about: LetterSubject) -> list[int]:
    if about.lines:
        return list(about.lines)
    assert about.claim_id is not None
    page = claim_page(context, about.claim_id)
    return [line["number"] for line in page["lines"] if "expected_allowed" in line]


def _contract(context: ReadContext, prices: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """The terms of the one contract that priced all lines; nothing where there are several."""
    names = {str(price["contract"] or "") for price in prices}
    if len(names) != 1:
        return ()
    named = names.pop()
    with context.context() as (_, reference):
        facts = [f for f in reference.contracts if f"{f.contract_id}@{f.version}" == named]
    return term_rows(facts[-1].model_dump(mode="json"), {price["procedure"] for price in prices}) if facts else ()


def _claim_facts(context: ReadContext, store: RawStore, claim_id: str, kind: LetterKind) -> ClaimFacts:
    here = context.near(claim_id)
    page, story = claim_page(here, claim_id), claim_story(here, claim_id)
    key = str(Key("claim", context.practice, claim_id))
    with here.context() as (fold_context, reference):
        history = load_claims(fold_context, [key], reference)[key]
        state = view_claim(key, history, reference).state
        table = DenialTable.from_rulebook(reference.rules, table_date(history, reference))
    if state is None:
        raise NotFoundError("no such claim in this practice")
    patient = state.patient_id or ""
    files = _Files(store if kind in WITH_SEGMENTS else None, history)
    return ClaimFacts(
        page=page,
        patient_name=names_of(here, [patient]).get(patient),
        birth_date=state.patient.birth_date.isoformat() if state.patient.birth_date else None,
        member_id=state.patient.member_id,
        meanings=story.meanings,
        items=items_of(here, claim_id),
        submissions=[
            _submission(a, t, files, reference) for a in state.accounts for t in a.attempts if not _is_stated(a, t)
        ],
        thresholds=thresholds(here, patient) if kind == LetterKind.KX_REOPENING and patient else [],
        patient_paid=f"{sum((a.data.amount for a in state.acts if isinstance(a.data, PatientPaid)), ZERO):.2f}",
        asked=_asked(state, reference),
        appeals_decided={
            act.data.level: act.data.decided_on.isoformat() for act in state.acts if isinstance(act.data, AppealDecided)
        },
        denied_for_kx=denied_without_kx(state.accounts, state.lines, table),
    )


def _is_stated(account: Account, attempt: Attempt) -> bool:
    """Whether only the list of the system used before knows of the submission: there is no file to prove it."""
    return account.carried is not None and attempt.event == account.carried.event


def _asked(state: ClaimState, reference: Reference) -> tuple[str, str] | None:
    """The newest request for records: what for, and its day."""
    asked = [(act.time, act.data) for act in state.acts if isinstance(act.data, RecordsRequested)]
    if not asked:
        return None
    when, data = asked[-1]
    return data.reason or "records of the services below", day(when.astimezone(reference.zone).date())


class _Files:
    """Where the segments of an event are; without a store nothing is read."""

    def __init__(self, store: RawStore | None, history: Iterable[LoggedEvent]) -> None:
        self._store = store
        self._rawrefs = {logged.name: logged.rawref for logged in history}

    def segments(self, event: EventId) -> tuple[str, ...]:
        """Nothing where the file is not kept here: the letter says less, it does not fail."""
        rawref = self._rawrefs.get(event)
        if self._store is None or rawref is None:
            return ()
        try:
            return tuple(text.strip("\r\n") for text in self._store.segments(rawref))
        except ClaimclockError:
            return ()


def _submission(account: Account, attempt: Attempt, files: _Files, reference: Reference) -> SubmissionProof:
    ref = attempt.submission
    numbers = [(words, getattr(ref, name)) for name, words in _NUMBERS] if ref else []
    told = [(ack.received_at, _accepted(ack, files, reference)) for ack in _about_claim(attempt)]
    told += [(rejection.received_at, _rejected(rejection, files, reference)) for rejection in attempt.rejections]
    return SubmissionProof(
        attempt=attempt.number,
        payer_id=account.payer_id,
        sent=attempt.sent_at.isoformat(),
        frequency=attempt.frequency,
        original_reference=attempt.original_reference,
        numbers=tuple((words, value) for words, value in numbers if value),
        lines=tuple(
            (
                str(line.number),
                day(line.dos),
                "-".join([line.procedure, *line.modifiers]),
                f"{line.units.normalize():f}",
                f"{line.charge:,.2f}",
            )
            for line in attempt.lines
        ),
        responses=tuple(response for _, response in sorted(told, key=lambda each: each[0])),
        segments=files.segments(attempt.event),
    )


def _about_claim(attempt: Attempt) -> list[Ack]:
    """Without responses to the whole file at a stage that also answered the claim: one file goes to several payers."""
    spoken = {ack.stage for ack in attempt.acks if ack.bound_by != WHOLE_SET}
    spoken |= {rejection.stage for rejection in attempt.rejections}
    return [ack for ack in attempt.acks if ack.bound_by != WHOLE_SET or ack.stage not in spoken]


def _on(effective: date | None, received: Any, reference: Reference) -> date:
    local: date = received.astimezone(reference.zone).date()
    return effective or local


def _accepted(ack: Ack, files: _Files, reference: Reference) -> Response:
    words = (_ACCEPTED if ack.accepts else _RECEIVED)[ack.stage].format(category=ack.category)
    return Response(
        stage=ack.stage,
        words=f"{words}, whole file" if ack.bound_by == WHOLE_SET else words,
        accepts=ack.accepts,
        on=_on(ack.effective_on, ack.received_at, reference),
        payer_claim_number=ack.payer_claim_number,
        segments=files.segments(ack.event),
    )


def _rejected(rejection: Rejection, files: _Files, reference: Reference) -> Response:
    return Response(
        stage=rejection.stage,
        words=f"Rejected ({'remittance' if rejection.from_remittance else rejection.stage})",
        accepts=False,
        on=_on(rejection.occurred_on, rejection.received_at, reference),
        payer_claim_number=None,
        segments=files.segments(rejection.event),
    )
