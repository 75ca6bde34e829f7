"""The life of one claim as a script: what is sent, what comes back, what is paid; and the month that holds them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from services.demo.adjudicate import DemoEntry
from services.demo.clinic import PatientSeen
from services.demo.cloud_events import CloudEventJson
from services.demo.workdays import EXCHANGE, PAYER, SENT, at, payday, workday
from services.demo.world import DemoClaim, DemoPayer
from services.demo.write_837 import DemoSubmission
from services.demo.write_acks import DemoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An entry in the remittance of a payer and day; `lane` keeps apart what must not share one."""

    entry: DemoEntry
    payer: DemoPayer
    paid_on: date
    lane: str = ""

    @property
    def remit(self) -> RemitKey:
        return (self.payer.payer_id, self.paid_on, self.lane)


RemitKey = tuple[str, date, str]


@dataclass(slots=True)
class RemitNote:
    """What makes a remittance special: PLB pairs, a total or trace number other than computed."""

    adjustments: list[tuple[str, str, int]] = field(default_factory=list)
    off_by: int = 0
    trace: str = ""


@dataclass(slots=True, kw_only=True)
class Life:
    """One claim's script. `entry` is what the payer would rightly decide."""

    claim: DemoClaim
    entry: DemoEntry
    tag: str = ""
    ordinal: int = 0
    evaluation: bool = False
    submissions: list[DemoSubmission] = field(default_factory=list)
    answers: list[DemoAnswer] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    documented: bool = True

    @property
    def first(self) -> DemoSubmission:
        return self.submissions[0]

    def send(self, on: date, **how: object) -> DemoSubmission:
        """Send the claim (again) in the evening of a working day."""
        submission = replace(DemoSubmission(claim=self.claim, sent=at(workday(on), SENT)), **how)  # type: ignore[arg-type]
        self.submissions.append(submission)
        return submission

    def exchange_says(
        self, sent: DemoSubmission, category: str = "A1", status: str = "19", **more: object
    ) -> DemoAnswer:
        """The clearinghouse's answer, the same evening."""
        arrives = at(sent.sent.date(), EXCHANGE)
        return self._say(DemoAnswer(covers=sent, arrives=arrives, category=category, status=status), more)

    def payer_says(self, sent: DemoSubmission, category: str = "A2", status: str = "20", **more: object) -> DemoAnswer:
        """The payer's answer, next working day; it numbers the claim unless it turns it away."""
        payer = self.claim.payer
        arrives = at(workday(sent.sent.date(), 1), PAYER, payer.minute)
        icn = self.entry.icn if category in {"A1", "A2", "A5"} else ""
        return self._say(
            DemoAnswer(covers=sent, arrives=arrives, category=category, status=status, payer=payer, icn=icn), more
        )

    def _say(self, answer: DemoAnswer, more: dict[str, object]) -> DemoAnswer:
        answer = replace(answer, **more)  # type: ignore[arg-type]
        self.answers.append(answer)
        return answer

    def accepted(self, sent: DemoSubmission) -> None:
        self.exchange_says(sent)
        self.payer_says(sent)

    def post(
        self, entry: DemoEntry, paid_on: date | None = None, lane: str = "", payer: DemoPayer | None = None
    ) -> Posting:
        """Put an entry in a remittance: by default in the payer's next after its usual time."""
        payer = payer or self.claim.payer
        day = paid_on or payday(payer, self.submissions[-1].sent.date())
        received = entry.received or self.submissions[-1].sent.date() + timedelta(days=1)
        posting = Posting(entry=replace(entry, received=received), payer=payer, paid_on=day, lane=lane)
        self.postings.append(posting)
        return posting

    def ordinary(self) -> None:
        """Sent the same evening, accepted, paid."""
        self.accepted(self.send(self.claim.dos))
        self.post(self.entry)

    def forget(self) -> None:
        """Back to an empty script."""
        self.submissions, self.answers, self.postings = [], [], []


Tell = Callable[["Month", Life, int], None]


@dataclass(slots=True, kw_only=True)
class Month:
    """Everything that will be written: lives, remittance notes, loose files and events, and which shapes are where."""

    lives: list[Life]
    seen: tuple[PatientSeen, ...]
    notes: dict[RemitKey, RemitNote] = field(default_factory=dict)
    late: dict[tuple[datetime, str], datetime] = field(default_factory=dict)  # 837P batches that reach us late
    batch_rejections: list[tuple[DemoSubmission, datetime, int, int]] = field(default_factory=list)
    redelivered: list[tuple[tuple[RemitKey, ...], datetime]] = field(default_factory=list)
    cut_short: list[tuple[RemitKey, datetime]] = field(default_factory=list)
    visit_changes: dict[str, dict[str, object]] = field(default_factory=dict)
    desk: list[CloudEventJson] = field(default_factory=list)
    shapes: dict[str, list[str]] = field(default_factory=dict)
    underpaid: list[tuple[Life, int, str, int]] = field(default_factory=list)  # life, line, cause, cents missing

    def note(self, key: RemitKey) -> RemitNote:
        return self.notes.setdefault(key, RemitNote())
