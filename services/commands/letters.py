"""Writes a letter, draws it, and files it as sent: its file is kept, the event starts the wait for an answer."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from events.values import Day
from projections.tables.vocabulary import DisputeState
from services.app_context import AppContext
from services.commands.action_models import SOURCE, ActionRequest, FileAppeal, OpenDispute, Resolve
from services.commands.actions import Failed, act_on_many
from services.commands.publish_events import wait_until_safe
from services.core.errors import ConflictError, UsageError
from services.letters.docx import docx
from services.letters.pdf import joined, pdf
from services.presentation.letters.compose import compose, refusal
from services.presentation.letters.document import Letter
from services.presentation.letters.facts import LetterFacts
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.letters.template import LetterText
from services.reads.claim_history import event_ref
from services.reads.claims import claim_id_of
from services.reads.letter_facts import LetterSubject, letter_facts
from services.reads.letter_texts import letter_text
from services.reads.read_context import ReadContext
from services.store.log import LOG
from services.store.raw_files import RawStore

WAIT = 10.0  # seconds until it is in every list
MOST_CLAIMS = 500  # of one letter
Attachment = tuple[str, bytes]  # what it is, for the list of enclosures; a PDF
LetterWord = Annotated[str, Field(min_length=1, max_length=200)]


class LetterOrder(BaseModel):
    """Which letter about what: `ref` names a claim; `payer`, `procedure` and `rate` a group of underpaid lines.

    `title` and `body` take the place of the practice's text, for this letter alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: LetterKind
    ref: str | None = Field(None, pattern=r"^[0-9a-f]{24}$")
    lines: tuple[int, ...] = Field((), max_length=100)
    level: int = Field(1, ge=1, le=5)
    payer: LetterWord | None = None
    procedure: LetterWord | None = None
    rate: str | None = Field(None, pattern=r"^\d{1,9}\.\d\d$")
    title: str | None = Field(None, max_length=200)
    body: str | None = Field(None, max_length=20_000)
    recipient: str | None = Field(None, max_length=1000, description="Name and address, a line each.")


class LetterToSend(LetterOrder):
    """`record`: also note on the claims what the letter does, as an appeal filed. `id` makes a repetition harmless."""

    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{8,48}$")
    method: LetterWord = "mail"
    answer_due: Day | None = None
    record: bool = True


@dataclass(frozen=True, kw_only=True)
class DraftLetter:
    """A letter before it is sent. `refused`: why it has no meaning here; `version`: of the practice's text."""

    letter: Letter
    text: LetterText
    version: int
    refused: str | None
    facts: LetterFacts

    @property
    def next_step(self) -> dict[str, Any] | None:
        """What is next for the claim, as its page and the lists say; None of a group of lines."""
        return None if self.facts.claim is None else self.facts.claim.page["next_step"]

    def as_json(self) -> dict[str, Any]:
        return {"letter": self.letter.as_json(), "text": self.text.as_json(), "text_version": self.version} | {
            "refused": self.refused,
            "next_step": self.next_step,
        }


class RefusedRecord(TypedDict):
    """A claim of a packet that is in the letter, but on which nothing was noted."""

    ref: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LetterDone:
    """A letter that was filed. `event`: the opaque name its file is asked for by, at each of its claims.

    `refused`: of a packet, the claims on which what the letter does could not be noted, each with its reason.
    """

    kind: str
    sha256: str
    refs: tuple[str, ...]
    event_id: str
    event: str
    recorded: int
    projected: bool
    refused: tuple[RefusedRecord, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "refs": list(self.refs), "refused": list(self.refused)}


def draft(context: ReadContext, store: RawStore, order: LetterOrder, enclosures: Sequence[str] = ()) -> DraftLetter:
    """The letter as it would be sent now. Raises NotFoundError, LetterTextError."""
    about = LetterSubject(
        kind=order.kind,
        claim_id=None if order.ref is None else claim_id_of(context, order.ref),
        lines=order.lines,
        level=order.level,
        payer_id=order.payer,
        procedure=order.procedure,
        rate_paid=order.rate,
    )
    if about.claim_id is None and order.kind != LetterKind.UNDERPAYMENT_DISPUTE:
        raise UsageError("name the claim that the letter is about")
    lines = None if order.recipient is None else [x.strip() for x in order.recipient.splitlines() if x.strip()]
    facts = letter_facts(context, store, about, lines)
    kept, version = letter_text(context.engine, context.practice, order.kind)
    text = LetterText(order.title or kept.title, order.body or kept.body)
    refused = refusal(order.kind, facts)
    return DraftLetter(
        letter=compose(order.kind, text, facts, enclosures), text=text, version=version, refused=refused, facts=facts
    )


def drawn(letter: Letter, form: str, attachments: Sequence[Attachment] = ()) -> bytes:
    """The file, as pdf (with its attachments) or docx. Raises UsageError for an attachment that is no PDF."""
    return docx(letter) if form == "docx" else joined(pdf(letter), attachments)


def send(
    app: AppContext, context: ReadContext, order: LetterToSend, by: str, attachments: Sequence[Attachment] = ()
) -> LetterDone:
    """Files the letter. First what it does to its claims, which may be refused; then the letter itself.

    A letter about one claim whose act is refused is not sent. A packet is: the claims that refuse are reported, unless
    all of them do. Raises ConflictError where it has no meaning or is refused, UsageError where something is missing.
    """
    store = RawStore(app.settings)
    known = _known(context, order) if order.id else None
    if known is not None:
        return known
    made = draft(context, store, order, [name for name, _ in attachments])
    if made.refused:
        raise ConflictError(f"this letter cannot be sent: {made.refused}")
    if made.letter.missing:
        raise UsageError(f"still missing: {'; '.join(made.letter.missing)}")
    claims = _claims(made.facts)
    content = drawn(made.letter, "pdf", attachments)
    event_id = order.id or uuid4().hex
    told = (claims, event_id, by)
    recorded, refused = _record(app, context, order, made.facts, told) if order.record else (0, ())
    sha256 = store.put(io.BytesIO(content))
    body = _event(app, context, order, made.letter, (claims, event_id, sha256, by))
    published = app.publisher().publish([json.dumps(body).encode()])
    if not published.durable:
        wait_until_safe(app, published.last)
    return LetterDone(
        kind=order.kind.value,
        sha256=sha256,
        refs=tuple(claims),
        event_id=event_id,
        event=event_ref(context, (SOURCE, event_id)),
        recorded=recorded,
        projected=app.wait(published.last, WAIT),
        refused=refused,
    )


def _known(context: ReadContext, order: LetterToSend) -> LetterDone | None:
    """The letter that was filed under this id before. Raises ConflictError where the id is of something else."""
    query = select(LOG.c.type, LOG.c.data).where(
        LOG.c.practice == context.practice, LOG.c.source == SOURCE, LOG.c.id == order.id
    )
    with context.engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or order.id is None:
        return None
    data = json.loads(row.data) if isinstance(row.data, str | bytes) else row.data
    if row.type != "letter.sent.v1" or data["kind"] != order.kind:
        raise ConflictError("this id was already used for something else")
    return LetterDone(
        kind=data["kind"],
        sha256=data["sha256"],
        refs=tuple(context.references.ref(context.practice, claim_id) for claim_id in data["claim_ids"]),
        event_id=order.id,
        event=event_ref(context, (SOURCE, order.id)),
        recorded=0,
        projected=True,
    )


def _claims(facts: LetterFacts) -> dict[str, str]:
    """Ref -> claim id of every claim the letter is about, each once."""
    if facts.claim is not None:
        found = {facts.claim.page["ref"]: facts.claim.page["claim_id"]}
    else:
        found = {price["ref"]: price["claim_id"] for price in facts.prices}
    if len(found) > MOST_CLAIMS:
        raise UsageError(f"one letter covers at most {MOST_CLAIMS} claims: narrow the group by its rate")
    return found


def _event(
    app: AppContext,
    context: ReadContext,
    order: LetterToSend,
    letter: Letter,
    told: tuple[dict[str, str], str, str, str],
) -> dict[str, Any]:
    claims, event_id, sha256, by = told
    ids = list(claims.values())
    data = {
        "claim_ids": ids,
        "kind": order.kind.value,
        "recipient": ", ".join(letter.recipient[:2]),
        "method": order.method,
        "sha256": sha256,
        "by": by,
    }
    if order.answer_due:
        data["answer_due"] = order.answer_due.isoformat()
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "letter.sent.v1",
        "subject": ids[0],
        "time": app.clock.now().isoformat(),
        "practice": context.practice,
        "data": data,
    }


def _record(
    app: AppContext,
    context: ReadContext,
    order: LetterToSend,
    facts: LetterFacts,
    told: tuple[dict[str, str], str, str],
) -> tuple[int, tuple[RefusedRecord, ...]]:
    """What the letter does, on every claim of it: filed, disputed, sent. How many were noted, and who refused.

    Raises ConflictError where all are refused, before anything is sent; those already open are left as they are.
    """
    claims, event_id, by = told
    wanted = [
        (ref, act)
        for number, ref in enumerate(claims)
        if (act := _act(order, facts, ref, f"{event_id[:48]}-{number}", context)) is not None
    ]
    failed = [done for done in act_on_many(app, context, wanted, by) if isinstance(done, Failed)] if wanted else []
    if failed and len(failed) == len(wanted):
        name = WORDS[order.kind].name.lower()
        many = f" (all {len(wanted)} claims)" if len(wanted) > 1 else ""
        raise ConflictError(f"{failed[0].error.message}{many}: send the {name} without recording it")
    refused = tuple(RefusedRecord(ref=each.ref, reason=each.error.message) for each in failed)
    return len(wanted) - len(failed), refused


def _act(order: LetterToSend, facts: LetterFacts, ref: str, act_id: str, context: ReadContext) -> ActionRequest | None:
    match order.kind:
        case LetterKind.APPEAL:
            return FileAppeal(action="appeal_filed", id=act_id, level=order.level, filed_on=context.today)
        case LetterKind.UNDERPAYMENT_DISPUTE:
            lines = tuple(p["line"] for p in facts.prices if p["ref"] == ref and p["state"] != DisputeState.DISPUTED)
            return OpenDispute(action="dispute_open", id=act_id, lines=lines) if lines else None
        case LetterKind.RECORDS_RESPONSE:
            return Resolve(action="resolve", id=act_id, worklist="denial", resolution="records_sent")
        case LetterKind.KX_REOPENING:
            return Resolve(action="resolve", id=act_id, worklist="threshold", resolution="reopening_requested")
        case _:
            return None
