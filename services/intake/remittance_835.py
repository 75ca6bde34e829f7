"""Reads the 835 (005010X221A1, 004010X091A1): one event for each CLP, and one for the remittance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from projections.rules.adjustment_codes import ReasonCodes
from services.intake.balance import claim_differences
from services.intake.context import Body, Issuer, SetContext, digest
from services.intake.elements import Json, Segment, UnreadableError, element, instant, is_blank_id
from services.intake.entry_content import entry_content, provider_adjustment_content
from services.intake.ordinals import EntryCounter, EntryPlace
from services.intake.remittance_claim import RemittanceClaim, read_claim
from services.intake.remittance_events import claim_data, notice_data, payer_fields, rejection_fields
from services.intake.remittance_header import RemittanceHeader
from services.intake.remittance_totals import RemittanceTotals
from services.intake.remittance_verdict import REJECTED, verdict
from services.intake.results import FileNote, FoundEvent, ReadResult

# A remittance without an amount or a trace is identified by its content, so its claims wait for its end: this many at
# most. Beyond, the claims so far are the content, so that memory stays bounded and the key the same every time.
HELD_CLAIMS = 2_000
NOTICE = "notice.received.v1"
_PART_LENGTH = 16
_ENDS_A_CLAIM = frozenset({"LX", "TS3", "TS2", "PLB", "N1", "BPR"})
_CUT_CLAIM = "the file ends inside this claim; send the whole file"
_CUT_REMITTANCE = "the file ends inside this remittance, which only its whole content can identify; send the whole file"
_NO_TIME = "the time of receipt is unknown: none was given, and neither the envelope nor the payment has a date"


class ParsedEntry(NamedTuple):
    """A CLP loop: its segments, where they begin, the hash of what it says, the typed claim or why it is none."""

    segments: list[Segment]
    first: int
    contenthash: str
    claim: RemittanceClaim | None
    reason: str

    @property
    def span(self) -> tuple[int, int]:
        return self.first, self.first + len(self.segments) - 1


class RemittanceReader:
    """Reads the 835s of one file."""

    def __init__(self, codes: ReasonCodes) -> None:
        self._codes = codes

    def read(self, context: SetContext, body: Body) -> Iterator[ReadResult]:
        """Everything one set holds, in its order; the event of the remittance itself comes last."""
        return _Remittance(context, body, self._codes).items()


class _Remittance:
    """One set while it is being read."""

    def __init__(self, context: SetContext, body: Body, codes: ReasonCodes) -> None:
        self._context = context
        self._body = body
        self._codes = codes
        self._counter = EntryCounter()
        self._header = RemittanceHeader()
        self._totals = RemittanceTotals()
        self._open: list[Segment] = []
        self._first = 0
        self._held: list[ParsedEntry] = []
        self._key = ""
        self._issuer: Issuer | None = None
        self._remit: Json = {}
        self._payer: Json = {}
        self._content = hashlib.sha256()
        self._cut = False

    def items(self) -> Iterator[ReadResult]:
        loop = self._open
        for segment in self._body:
            tag = segment[0]
            if tag == "CLP":
                if loop:
                    yield from self._take(self._entry())
                loop = self._open = [segment]
                self._first = self._body.number
            elif tag in _ENDS_A_CLAIM:
                if loop:
                    yield from self._take(self._entry())
                    loop = self._open
                yield from self._between(segment)
            elif loop:
                loop.append(segment)
            else:
                self._header.take(segment)
        yield from self._finish()

    def _between(self, segment: Segment) -> Iterator[ReadResult]:
        if segment[0] != "PLB":
            self._header.take(segment)
            return
        self._content.update(provider_adjustment_content(segment, self._context.component).encode())
        for fault in self._totals.add_provider_adjustments(segment, self._context.component):
            yield self._context.refused(fault, self._body.number, [segment])
        faults, self._totals.faults = self._totals.faults, []
        yield from (FileNote(fault, self._body.number) for fault in faults)

    def _entry(self) -> ParsedEntry:
        segments, self._open = self._open, []
        contenthash = entry_content(segments, self._context.component)
        try:
            return ParsedEntry(segments, self._first, contenthash, read_claim(segments, self._context.component), "")
        except UnreadableError as error:
            return ParsedEntry(segments, self._first, contenthash, None, str(error))

    def _take(self, entry: ParsedEntry) -> Iterator[ReadResult]:
        self._content.update(entry.contenthash.encode())
        if self._key:
            yield from self._publish(entry)
            return
        self._held.append(entry)
        if self._header.has_own_identity:
            yield from self._identify("")
        elif len(self._held) >= HELD_CLAIMS:
            yield from self._identify(self._content.hexdigest())

    def _identify(self, content: str) -> Iterator[ReadResult]:
        """Fixes the key of the remittance and lets go of the claims that waited for it."""
        header, context = self._header, self._context
        self._key = header.key(content)
        self._remit, self._payer = header.reference(self._key), payer_fields(header)
        moment = context.received() or instant((header.payment_date or "").replace("-", ""), "", context.source.zone)
        self._issuer = Issuer.of(context, moment) if moment else None
        for fault in header.faults:
            yield FileNote(fault, context.first)
        if header.is_prenotification:
            yield FileNote(
                "a prenotification (BPR01 P): it announces a future payment and counts no money", context.first
            )
        for entry in self._held:
            yield from self._publish(entry)
        self._held = []

    def _publish(self, entry: ParsedEntry) -> Iterator[ReadResult]:
        clp, place = entry.segments[0], self._place(entry)
        if entry.claim is None or self._issuer is None:
            self._totals.add_parked(clp)
            identity = self._context.identity(self._event_id(place))
            reason = entry.reason or _NO_TIME
            yield self._context.refused(reason, entry.first, entry.segments, identity=identity)
            return
        for fault in entry.claim.faults:
            yield FileNote(fault, entry.first)
        yield FoundEvent(self._claim_event(entry, entry.claim, place, self._issuer))

    def _place(self, entry: ParsedEntry) -> EntryPlace:
        clp = entry.segments[0]
        claim_id = clp[1].rstrip(" ") if len(clp) > 1 else ""
        return self._counter.place(claim_id, element(clp, 7), element(clp, 2), entry.contenthash)

    def _event_id(self, place: EntryPlace) -> str:
        return f"{self._key}:{place.name}"

    def _claim_event(self, entry: ParsedEntry, claim: RemittanceClaim, place: EntryPlace, issuer: Issuer) -> Json:
        event_id = self._event_id(place)
        synthetic = is_blank_id(claim.claim_id)
        claim_id = f"unidentified-{digest(event_id, length=12)}" if synthetic else claim.claim_id
        found = claim_differences(claim)
        self._totals.add(claim, claim_id, place.ordinal, found)
        if self._header.is_prenotification:
            kind, data = NOTICE, notice_data(claim, claim_id, self._remit, self._payer)
            data.setdefault("dated", issuer.time[:10])
        else:
            kind = verdict(claim, self._codes)
            data = claim_data(claim, claim_id, place.ordinal, self._remit, self._payer)
        if kind == REJECTED:
            data |= rejection_fields(claim, self._header)
        if synthetic:
            data["synthetic_id"] = True
        if found and kind != NOTICE:
            data["differences"] = [difference.data() for difference in found]
        return issuer.event(kind, event_id, claim_id, data, contenthash=entry.contenthash, span=entry.span)

    def _finish(self) -> Iterator[ReadResult]:
        """The last claim, then the remittance. At the end of a file without its trailer neither is final."""
        last = self._entry() if self._open else None
        self._cut = self._body.unfinished
        if last is not None and not self._cut:
            yield from self._take(last)
        if not self._key:
            yield from self._identify_at_end(last)
        if last is not None and self._cut and self._key:
            yield self._cut_claim(last)
        if self._key:
            yield from self._remittance()

    def _cut_claim(self, last: ParsedEntry) -> ReadResult:
        """Named where its CLP is whole, so that the claim closes it by whichever file it comes."""
        named = not (self._body.cut and len(last.segments) == 1) and not is_blank_id(element(last.segments[0], 1))
        identity = self._context.identity(self._event_id(self._place(last))) if named else None
        return self._context.refused(_CUT_CLAIM, last.first, last.segments, cut=True, identity=identity)

    def _identify_at_end(self, last: ParsedEntry | None) -> Iterator[ReadResult]:
        header, context = self._header, self._context
        if self._cut and not header.has_own_identity:
            waiting = [*self._held, *([last] if last else [])]
            for entry in waiting:
                yield context.refused(_CUT_REMITTANCE, entry.first, entry.segments, cut=True)
            if not waiting:
                yield context.refused(_CUT_REMITTANCE, context.first, [], cut=True)
            self._held = []
        elif self._held or header.method or header.amount is not None:
            yield from self._identify("" if header.has_own_identity else self._content.hexdigest())

    def _remittance(self) -> Iterator[ReadResult]:
        """The event of the remittance itself, with every sum that does not come out."""
        totals, stated, context = self._totals, self._header.amount, self._context
        if self._cut:
            yield FileNote("the remittance is incomplete; its totals were not used: send the whole file", context.first)
            return
        totals.check(stated)
        if totals.parked:
            some = f", {totals.unsummed} of them with no payment to add up" if totals.unsummed else ""
            yield FileNote(f"{totals.parked} claims of this remittance could not be read{some}", context.first)
        if not totals.balanced:
            yield FileNote(
                "the remittance does not balance; it is posted as stated and the differences are listed", context.first
            )
        if self._issuer is None:
            yield context.refused(_NO_TIME, context.first, [])
            return
        content = self._content.hexdigest()
        event_id = f"{self._key}:remittance:{content[:_PART_LENGTH]}"  # a check may come in several files
        payer = {"name": self._header.payer.name or None, "id": self._header.payer_id or None}
        data = {"remit": self._remit, "payer": payer, **totals.data()}
        if self._header.method:
            data["payment_method"] = self._header.method
        if self._header.is_prenotification:
            data["prenotification"] = True
        span = (context.first, context.first + self._body.count)
        yield FoundEvent(
            self._issuer.event("remittance.received.v1", event_id, self._key, data, contenthash=content, span=span)
        )
