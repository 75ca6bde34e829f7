"""From scripts to files: batches what travels together, numbers it, and names each file by the minute it arrives.

Names sort in order of arrival: `2026-10-05_1830_837P_A.edi`, in the clinic's local time, as ISA09/10 are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from services.demo import write_835, write_837, write_acks
from services.demo.cloud_events import CloudEventJson, ndjson, visits_of_day
from services.demo.payers import ALL
from services.demo.story import Month, Posting, RemitKey
from services.demo.workdays import REMIT, SYNTAX, at
from services.demo.world import CLINIC_SENDER, EXCHANGE_ID, ZONE, DemoPayer
from services.demo.write_835 import Remit
from services.demo.write_837 import DemoSubmission
from services.demo.write_acks import DemoAnswer
from services.demo.x12writer import PLAIN, DemoEnvelope, Dialect, interchange

EVENING = time(17, 45)  # the day's visits
PAYERS = {payer.payer_id: payer for payer in ALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One file before it has its control number. `sent` is ISA09/10, `arrives` when we get it.

    `sets` of several senders make a file of several interchanges. `about` goes into the manifest.
    """

    arrives: datetime
    kind: str
    tag: str
    parts: tuple[Part, ...] = ()
    text: str = ""
    cut_at: float = 0.0
    about: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        suffix = {"EVENTS": "ndjson", "NOTE": "txt"}.get(self.kind, "edi")
        return f"{self.arrives:%Y-%m-%d_%H%M}_{self.kind}_{self.tag}.{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One interchange: who to whom, when sent, its sets. `control` 0 is numbered later, in order of arrival."""

    group: str
    sender: str
    receiver: str
    sent: datetime
    sets: tuple[Sequence[str], ...]
    dialect: Dialect = PLAIN
    control: int = 0


def all_mail(month: Month) -> list[Mail]:
    """Every file of the month and before, in order of arrival, whether or not it arrived by the demo's clock."""
    submissions = [s for life in month.lives for s in life.submissions]
    batches = _batches(submissions)
    mail = [*_claim_files(month, batches), *_syntax_files(batches), *_acknowledgments(month)]
    remits = remittances(month)
    mail += _remittance_files(month, remits)
    mail += [_visit_file(dos, month) for dos in sorted({item.claim.dos for item in month.seen})]
    mail += _desk_files(month.desk)
    return sorted(mail, key=lambda item: item.name)


def render(mail: Sequence[Mail]) -> Iterable[tuple[Mail, str]]:
    """Each file with its text; interchange control numbers run per sender in order of arrival."""
    next_control: dict[str, int] = defaultdict(lambda: 4001)
    for item in mail:
        text = item.text
        for part in item.parts:
            control = part.control
            if not control:
                control = next_control[part.sender]
                next_control[part.sender] += 1
            envelope = DemoEnvelope(
                sender=part.sender,
                receiver=part.receiver,
                control=control,
                sent=part.sent,
                group=part.group,
                dialect=part.dialect,
            )
            text += interchange(envelope, part.sets)
        yield item, text[: int(len(text) * item.cut_at)] if item.cut_at else text


Batches = dict[tuple[datetime, str], dict[int, list[DemoSubmission]]]


def _batches(submissions: Iterable[DemoSubmission]) -> Batches:
    batches: Batches = {}
    for submission in sorted(submissions, key=lambda s: (s.sent, s.file, s.set, s.claim.claim_id)):
        batches.setdefault(submission.batch, {}).setdefault(submission.set, []).append(submission)
    # ST02 counts the sets of a file, whatever the script called them
    return {batch: dict(enumerate(sets.values(), 1)) for batch, sets in batches.items()}


def _claim_files(month: Month, batches: Batches) -> Iterable[Mail]:
    for control, ((sent, file), sets) in enumerate(batches.items(), 1001):
        bodies = tuple(write_837.claims(group[0].reference, sent, group) for group in sets.values())
        part = Part(group="HC", sender=CLINIC_SENDER, receiver=EXCHANGE_ID, sent=sent, sets=bodies, control=control)
        claims = [s.claim.claim_id for group in sets.values() for s in group]
        arrives = month.late.get((sent, file), sent)
        yield Mail(arrives=arrives, kind="837P", tag=file, parts=(part,), about={"claims": claims, "sets": len(sets)})


def _syntax_files(batches: Batches) -> Iterable[Mail]:
    for control, ((sent, file), sets) in enumerate(batches.items(), 1001):
        verdicts = [(number, group[0].syntax) for number, group in sets.items() if group[0].syntax]
        if verdicts:
            body = write_acks.functional(control, [(number, verdict == "A") for number, verdict in verdicts])
            arrives = sent + SYNTAX
            part = Part(group="FA", sender=EXCHANGE_ID, receiver=CLINIC_SENDER, sent=arrives, sets=(body,))
            yield Mail(
                arrives=arrives,
                kind="999",
                tag=file,
                parts=(part,),
                about={"rejected_sets": [n for n, v in verdicts if v != "A"]},
            )


def _acknowledgments(month: Month) -> Iterable[Mail]:
    groups: dict[tuple[datetime, str, str, str], list[DemoAnswer]] = defaultdict(list)
    for life in month.lives:
        for answer in life.answers:
            sender = answer.payer.payer_id if answer.payer else ""
            groups[answer.arrives, sender, answer.covers.reference, answer.file].append(answer)
    for (arrives, sender, reference, file), answers in groups.items():
        body = write_acks.claim_acknowledgment(reference, answers)
        named = [answer.claim.claim_id for answer in answers]
        yield _acknowledgment(arrives, PAYERS.get(sender), f"{reference}{file}", body, named)
    for submission, arrives, charge, count in month.batch_rejections:
        body = write_acks.batch_rejection(submission, arrives, charge, count)
        yield _acknowledgment(arrives, None, f"{submission.reference}-batch", body, [])


def _acknowledgment(arrives: datetime, payer: DemoPayer | None, tag: str, body: list[str], named: list[str]) -> Mail:
    sender, dialect = (payer.number, payer.dialect) if payer else (EXCHANGE_ID, PLAIN)
    part = Part(group="HN", sender=sender, receiver=CLINIC_SENDER, sent=arrives, sets=(body,), dialect=dialect)
    return Mail(
        arrives=arrives,
        kind="277CA",
        tag=f"{payer.payer_id if payer else 'EXCHANGE'}-{tag}",
        parts=(part,),
        about={"claims": named},
    )


def remittances(month: Month) -> dict[RemitKey, Remit]:
    """All remittances, by payer, day and lane, with their trace numbers."""
    groups: dict[RemitKey, list[Posting]] = defaultdict(list)
    for life in month.lives:
        for posting in life.postings:
            groups[posting.remit].append(posting)
    for key in month.notes:
        groups.setdefault(key, [])
    remits = {}
    for number, key in enumerate(sorted(groups, key=lambda k: (k[1], k[0], k[2])), 1):
        note, payer = month.note(key), PAYERS[key[0]]
        trace = note.trace or f"{payer.number}{key[1]:%y%m%d}{number:03d}"
        remit = Remit(
            payer=payer,
            trace=trace,
            paid_on=key[1],
            entries=tuple(p.entry for p in groups[key]),
            adjustments=tuple(note.adjustments),
        )
        remits[key] = replace(remit, stated_total=remit.computed + note.off_by) if note.off_by else remit
    return remits


def _remittance_files(month: Month, remits: dict[RemitKey, Remit]) -> Iterable[Mail]:
    cut = dict(month.cut_short)
    for key, remit in remits.items():
        mail = _remittance_file(key, remit, at(remit.paid_on, REMIT, remit.payer.minute))
        if key in cut:
            yield replace(mail, tag=f"{mail.tag}-cut", cut_at=0.55, about=mail.about | {"cut": True})
            mail = _remittance_file(key, remit, cut[key])
        yield mail
    for keys, arrives in month.redelivered:
        copies = [_remittance_file(key, remits[key], arrives) for key in keys]
        parts = tuple(part for copy in copies for part in copy.parts)
        yield Mail(
            arrives=arrives,
            kind="835",
            tag="portal-copy",
            parts=parts,
            about={"copies": [copy.about for copy in copies]},
        )


def _remittance_file(key: RemitKey, remit: Remit, arrives: datetime) -> Mail:
    payer = remit.payer
    part = Part(
        group="HP",
        sender=payer.number,
        receiver=CLINIC_SENDER,
        sent=arrives,
        sets=(write_835.remittance(remit),),
        dialect=payer.dialect,
    )
    about: dict[str, object] = {
        "payer": payer.payer_id,
        "trace": remit.trace,
        "paid_on": remit.paid_on.isoformat(),
        "total": remit.total,
        "balanced": remit.balanced,
        "entries": len(remit.entries),
    }
    return Mail(
        arrives=arrives, kind="835", tag=payer.payer_id + (f"-{key[2]}" if key[2] else ""), parts=(part,), about=about
    )


def _visit_file(dos: date, month: Month) -> Mail:
    undocumented = {life.claim.claim_id for life in month.lives if not life.documented}
    seen = [s for s in month.seen if s.claim.dos == dos and s.claim.claim_id not in undocumented]
    return _event_file(datetime.combine(dos, EVENING), "visits", visits_of_day(seen, month.visit_changes))


def _desk_files(events: Sequence[CloudEventJson]) -> Iterable[Mail]:
    """What people did, one file a day, delivered an hour after its last event."""
    days: dict[date, list[CloudEventJson]] = defaultdict(list)
    for item in events:
        days[_local(item).date()].append(item)
    for items in days.values():
        items.sort(key=lambda item: (item["time"], item["id"]))
        yield _event_file(_local(items[-1]) + timedelta(minutes=30), "desk", items)


def _local(item: CloudEventJson) -> datetime:
    return datetime.fromisoformat(item["time"]).astimezone(ZONE).replace(tzinfo=None)


def _event_file(arrives: datetime, tag: str, events: list[CloudEventJson]) -> Mail:
    return Mail(arrives=arrives, kind="EVENTS", tag=tag, text=ndjson(events), about={"events": len(events)})
