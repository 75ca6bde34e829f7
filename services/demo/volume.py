"""A synthetic year of any number of claims, for benchmarks and for measuring the search for underpayments.

Written day by day, in bounded memory: a file of claims, a file of acknowledgments and a file of remittances per
working day (one interchange for each sender), and the contracts as CloudEvents. Everything is paid exactly right, with
reductions, deductibles, sequestration, patient shares and denials, but for the errors that the manifest names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random

from services.demo import desk, write_835, write_837, write_acks
from services.demo.adjudicate import DemoEntry
from services.demo.cloud_events import dollars, ndjson
from services.demo.decide import icn
from services.demo.mispay import PAID_RIGHT, Judged, judge
from services.demo.patient_pool import Crowd, Treated
from services.demo.workdays import EXCHANGE, PAYER, REMIT, SENT, SYNTAX, at, local, payday, workday, workdays
from services.demo.world import CLINIC_SENDER, EXCHANGE_ID
from services.demo.write_837 import DemoSubmission
from services.demo.x12writer import PLAIN, DemoEnvelope, Dialect, interchange

FIRST, LAST = date(2026, 1, 2), date(2026, 12, 31)


@dataclass(slots=True, kw_only=True)
class YearManifest:
    """What was written. `errors`: per claim and line what the payer got wrong, what was owed and what was allowed."""

    seed: int
    claims: int = 0
    lines: int = 0
    files: int = 0
    charge: str = "0.00"
    paid: str = "0.00"
    remits: int = 0
    remitted: str = "0.00"
    denied_claims: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def write_year(directory: Path, claims: int, seed: int = 2026) -> YearManifest:
    """Write about `claims` claims (never fewer, at most one more) of dates of service in 2026, and `manifest.json`."""
    directory.mkdir(parents=True, exist_ok=True)
    year = _Year(directory, claims, seed)
    year.write()
    (directory / "manifest.json").write_text(year.manifest.to_json(), "ascii", newline="")
    return year.manifest


@dataclass(frozen=True, slots=True)
class _Pending:
    """A claim on its way to a payday."""

    treated: Treated
    shared_day: bool


class _Year:
    def __init__(self, directory: Path, claims: int, seed: int) -> None:
        self.directory, self.wanted = directory, claims
        self.random = Random(seed)  # noqa: S311 - invented data, not secrets
        self.manifest = YearManifest(seed=seed)
        self.crowd = Crowd(self.random, claims)
        self.days = workdays(FIRST, LAST)
        self.due: dict[date, dict[str, list[_Pending]]] = defaultdict(lambda: defaultdict(list))
        self.deductible: dict[str, int] = {}
        self.control = 1000
        self.cents = {"charge": 0, "paid": 0, "remitted": 0}

    def write(self) -> None:
        self._put(local("2025-12-01 09:00"), "EVENTS", ndjson(desk.terms()))
        for number, dos in enumerate(self.days):
            self._remit_until(dos)
            quota = self.wanted * (number + 1) // len(self.days) - self.manifest.claims
            if quota > 0:
                self._serve(dos, quota)
        self._remit_until(date.max)
        for name, cents in self.cents.items():
            setattr(self.manifest, name, dollars(cents))

    def _serve(self, dos: date, quota: int) -> None:
        """One day's claims, sent and acknowledged."""
        submissions = []
        for group in self.crowd.day(dos, quota):
            for treated in group:
                payer = treated.claim.payer
                submissions.append(DemoSubmission(claim=treated.claim, sent=at(dos, SENT)))
                self.due[payday(payer, dos)][payer.payer_id].append(_Pending(treated, len(group) > 1))
        self.manifest.claims += len(submissions)
        self.manifest.lines += sum(len(s.claim.lines) for s in submissions)
        self.cents["charge"] += sum(s.claim.charge for s in submissions)
        self._send(dos, submissions)

    def _send(self, dos: date, submissions: list[DemoSubmission]) -> None:
        sent = at(dos, SENT)
        reference = submissions[0].reference
        body = write_837.claims(reference, sent, submissions)
        control = self.control
        self._put(sent, "837P", self._wrap("HC", CLINIC_SENDER, EXCHANGE_ID, sent, body))
        syntax = write_acks.functional(control + 1, [(1, True)])
        text = self._wrap("FA", EXCHANGE_ID, CLINIC_SENDER, sent + SYNTAX, syntax)
        answers: dict[str, list[write_acks.DemoAnswer]] = defaultdict(list)
        for s in submissions:
            payer = s.claim.payer
            arrives = at(workday(dos, 1), PAYER, payer.minute)
            number = icn(s.claim)
            answers[payer.payer_id].append(
                write_acks.DemoAnswer(covers=s, arrives=arrives, category="A2", status="20", payer=payer, icn=number)
            )
        for given in answers.values():
            body = write_acks.claim_acknowledgment(reference, given)
            payer = given[0].claim.payer
            text += self._wrap("HN", payer.number, CLINIC_SENDER, given[0].arrives, body, dialect=payer.dialect)
        self._put(at(dos, EXCHANGE), "ACKS", text)

    def _remit_until(self, day: date) -> None:
        for paid_on in sorted(due for due in self.due if due <= day):
            text = "".join(self._remit(paid_on, waiting) for waiting in self.due.pop(paid_on).values())
            self._put(at(paid_on, REMIT), "835", text)

    def _remit(self, paid_on: date, waiting: Sequence[_Pending]) -> str:
        payer = waiting[0].treated.claim.payer
        entries = tuple(self._decide(pending) for pending in waiting)
        self.manifest.remits += 1
        trace = f"{payer.number}{paid_on:%y%m%d}{self.manifest.remits:05d}"
        remit = write_835.Remit(payer=payer, trace=trace, paid_on=paid_on, entries=entries)
        self.cents["remitted"] += remit.total
        arrives = at(paid_on, REMIT, payer.minute)
        return self._wrap(
            "HP", payer.number, CLINIC_SENDER, arrives, write_835.remittance(remit), dialect=payer.dialect
        )

    def _decide(self, pending: _Pending) -> DemoEntry:
        claim = pending.treated.claim
        left = self.deductible.get(claim.patient.id, claim.patient.deductible)
        judged = judge(self.random, claim, pending.treated.prices, left, shared_day=pending.shared_day)
        self.deductible[claim.patient.id] = left - judged.deducted
        self._note(judged)
        return judged.entry

    def _note(self, judged: Judged) -> None:
        self.cents["paid"] += judged.entry.paid
        self.manifest.denied_claims += judged.entry.allowed == 0
        if judged.cause == PAID_RIGHT:
            return
        for owed, given in zip(judged.owed, judged.entry.lines, strict=True):
            if owed != given.allowed:
                self.manifest.errors.append(
                    {
                        "claim_id": judged.entry.claim.claim_id,
                        "line": given.line.number,
                        "cause": judged.cause,
                        "procedure": given.line.procedure,
                        "units": given.line.units,
                        "expected_allowed": dollars(owed),
                        "allowed": dollars(given.allowed),
                        "variance": dollars(owed - given.allowed),
                    }
                )

    def _wrap(
        self, group: str, sender: str, receiver: str, sent: datetime, body: list[str], *, dialect: Dialect = PLAIN
    ) -> str:
        self.control += 1
        return interchange(
            DemoEnvelope(
                sender=sender, receiver=receiver, control=self.control, sent=sent, group=group, dialect=dialect
            ),
            (body,),
        )

    def _put(self, arrives: datetime, kind: str, text: str) -> None:
        suffix = "ndjson" if kind == "EVENTS" else "edi"
        path = self.directory / f"{arrives:%Y-%m-%d_%H%M}_{kind}.{suffix}"
        path.write_text(text, "ascii", newline="")
        self.manifest.files += 1
