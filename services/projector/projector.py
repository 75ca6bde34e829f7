"""One batch of stream entries: logged, and the keys it touches marked, in one short transaction; folded afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, Engine

from projections.keys import FOLDED, SHARED_PRACTICE, Key, parse_key
from services.core.clock import Clock
from services.core.logs import get_logger
from services.projector.conflicts import conflict_event, conflict_rows, logged_before
from services.projector.entry_reader import RawEntry, put_aside, read_entry
from services.projector.fold_worker import AT_ONCE, FoldWorker
from services.projector.linked_claims import touched_beside
from services.projector.marking import changes_terms, mark_affected, withdraws_no_term
from services.projector.parking import park, settle
from services.projector.provider_references import named_again
from services.projector.validate_rule_packs import keep_sound
from services.store.engine import lock_keys, writing
from services.store.log import Appended, Delivery, append, keys_beside, link_corrections, lock_corrections
from services.store.marked_keys import NEW_EVENTS, Urgency, mark_keys, new_mark
from services.store.reference import References, lock_terms, terms_keys
from services.store.tables import ParkedRow

log = get_logger(__name__)
CLAIMS_BEHIND = {
    "visit": "visit_claims",
    "remittance_review": "remittance",
    "plb": "claim_number",
}  # what refers to claims -> where claims are indexed


@dataclass
class Batch:
    """Stream entries, read."""

    deliveries: list[Delivery] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class BatchOutcome:
    """What a batch came to, in events."""

    logged: int = 0
    duplicates: int = 0
    conflicts: int = 0
    parked: int = 0


class Projector:
    """Logs what is delivered, and folds. One instance per thread; any number of processes."""

    def __init__(self, engine: Engine, references: References, clock: Clock, *, most: int = AT_ONCE) -> None:
        self.engine = engine
        self.references = references
        self.clock = clock
        self._worker = FoldWorker(engine, references, clock, most=most)
        self._known: set[str] = set()  # practices whose terms can be locked

    def log(self, entries: Sequence[RawEntry]) -> BatchOutcome:
        """One transaction for the whole batch: what is in the log survives a loss of power, and its keys are marked.

        Raises only what a retry may fix; nothing is committed then.
        """
        batch = self._read(entries)
        with writing(self.engine, durable=True) as connection:
            outcome = self._commit(connection, batch)
        self._known |= {delivery.event.envelope.practice for delivery in batch.deliveries}
        return outcome

    def process(self, entries: Sequence[RawEntry]) -> BatchOutcome:
        """Logs a batch and folds all that waits, for callers that have no workers to fold for them."""
        outcome = self.log(entries)
        while self.drain():
            pass
        return outcome

    def drain(self) -> int:
        """Folds some of the marked keys. Returns how many; 0 means that none is free."""
        return self._worker.step()

    def stop(self) -> None:
        """Gives back the keys it has taken."""
        self._worker.stop()

    def _read(self, entries: Sequence[RawEntry]) -> Batch:
        batch, now = Batch(), self.clock.now()
        for entry in entries:
            read = read_entry(entry, now)
            if isinstance(read, Delivery):
                batch.deliveries.append(read)
            else:
                batch.parked.append(read)
        return batch

    def _commit(self, connection: Connection, batch: Batch) -> BatchOutcome:
        now = self.clock.now()
        practices = sorted({d.event.envelope.practice for d in batch.deliveries})
        changing = {d.event.envelope.practice for d in batch.deliveries if changes_terms(d.event)}
        for practice in practices:
            if practice in changing or practice not in self._known:
                lock_keys(connection, terms_keys(practice))
            lock_terms(connection, practice, changing=practice in changing)
        before = {each: self.references.get(connection, each) for each in changing - {SHARED_PRACTICE}}
        lock_corrections(connection, batch.deliveries)
        batch.deliveries, refused = keep_sound(connection, self.references, batch.deliveries, now)
        batch.parked += refused
        appended = append(connection, batch.deliveries, now)
        appended = self._log_conflicts(connection, batch, appended)
        corrected = link_corrections(connection, appended.logged)
        park(connection, batch.parked)
        fresh = [delivery.event for _, delivery in appended.logged]
        settle(connection, fresh)
        position = min((position for position, _ in appended.logged), default=0)
        mark_affected(
            connection,
            [e for e in fresh if changes_terms(e) and not withdraws_no_term(connection, e)],
            position,
            before,
        )
        mark = new_mark(Urgency.EVENT, NEW_EVENTS, position)
        mark_keys(connection, _touched(connection, appended, corrected), mark)
        return BatchOutcome(
            logged=len(appended.logged),
            duplicates=len(appended.duplicates),
            conflicts=len(appended.conflicts),
            parked=len(batch.parked),
        )

    def _log_conflicts(self, connection: Connection, batch: Batch, appended: Appended) -> Appended:
        """A conflicting event is parked, and the log remembers that its claim was contradicted."""
        if not appended.conflicts:
            return appended
        now = self.clock.now()
        before = logged_before(connection, appended.conflicts)
        batch.parked += conflict_rows(appended.conflicts, before, now)
        events = [conflict_event(d, before.get(d.event.envelope.identity)) for d in appended.conflicts]
        told = append(connection, events, now)
        return replace(appended, logged=appended.logged + told.logged)

    def park(self, entry: RawEntry, reason: str) -> None:
        """Puts one entry aside with its raw bytes."""
        row = put_aside(entry, reason, self.clock.now())
        with writing(self.engine, durable=True) as connection:
            park(connection, [row])


def _touched(connection: Connection, appended: Appended, corrected: set[str]) -> set[str]:
    """The keys whose history this batch changed.

    A verdict on a submission touches every claim that traveled in it, a visit every claim that bills it.
    """
    keys: set[str] = set()
    riding: set[str] = set()
    for _, delivery in [*appended.logged, *appended.duplicates]:
        for key in delivery.keys:
            kind, practice, name = parse_key(key)
            if kind in FOLDED:
                keys.add(key)
            if kind in CLAIMS_BEHIND:
                riding.add(str(Key(CLAIMS_BEHIND[kind], practice, name)))
    keys |= corrected | _claims_behind(connection, appended, riding)
    return keys | touched_beside(connection, keys, appended)


def _claims_behind(connection: Connection, appended: Appended, ridden: set[str]) -> set[str]:
    """The claims indexed under these keys. Locked first: a claim that arrives meanwhile sees the verdict or visit."""
    sent = {
        key for _, delivery in appended.logged for key in delivery.keys if parse_key(key).kind in CLAIMS_BEHIND.values()
    }
    lock_keys(connection, ridden | sent)
    return keys_beside(connection, ridden, "claim") | named_again(connection, sent)
