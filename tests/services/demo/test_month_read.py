"""The month through other eyes: oxedi for its 835s, the product's intake for all of it."""

from collections import Counter, defaultdict
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

import oxedi
from x12_check import interchanges

from events.envelope import Envelope
from events.registry import understand
from services.demo.month import DEMO_ZONE
from services.intake.results import FoundEvent, RefusedPiece, Source
from tests.events.samples import unknown_fields
from tests.services.intake.reading import read


def parts(text):
    """The interchanges of a file as text: oxedi reads all of a file by the delimiters of its first."""
    starts = [at for at in range(len(text)) if text.startswith("ISA", at) and text[at + 103 : at + 104] == text[at + 3]]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def test_oxedi_finds_nothing_but_what_is_meant(month):
    directory, manifest = month
    findings = defaultdict(list)
    for name in (f["name"] for f in manifest["files"] if f["kind"] == "835" and not f.get("cut")):
        for part in parts((directory / name).read_text("ascii")):
            for diagnostic in oxedi.parse(part.encode()).diagnostics:
                findings[diagnostic.kind].append((name, diagnostic.rule.split('"')[1]))
    assert set(findings) == {"BalanceMismatch"}
    assert Counter(rule for _, rule in findings["BalanceMismatch"]) == {
        "transaction_balance": 1,
        "claim_balance": 1,
        "service_balance": 2,
    }


def intake(directory, manifest):
    for f in manifest["files"]:
        path = directory / f["name"]
        source = Source(
            name=f["name"],
            sha256=sha256(path.read_bytes()).hexdigest(),
            correlation_id="test",
            practice="default",
            received_at=None,
            zone=ZoneInfo(DEMO_ZONE),
        )
        with path.open("rb") as stream:
            for item in read(stream, source):
                yield f, item


def test_intake_refuses_only_what_is_meant(month):
    refused = Counter()
    for f, item in intake(*month):
        if isinstance(item, RefusedPiece):
            refused["cut" if f.get("cut") else f["kind"]] += 1
    assert refused.pop("277CA") <= 2  # the foreign category, and perhaps the status that names no submission
    assert refused == {"cut": 1, "278": 1, "NOTE": 1}


def test_intake_counts_the_money_of_the_manifest(month):
    _, manifest = month
    paid, attempts, seen, again = defaultdict(Decimal), Counter(), {}, 0
    for _, item in intake(*month):
        if not isinstance(item, FoundEvent):
            continue
        try:
            event = understand(Envelope.model_validate(item.event))
        except ValueError:
            continue
        if event.envelope.identity in seen:
            again += seen[event.envelope.identity] == event.hash
            continue
        seen[event.envelope.identity] = event.hash
        data = event.data
        if getattr(data, "remit", None) and hasattr(data, "ordinal") and data.status_code != "25":
            paid[data.claim_id] += data.paid
        if event.type == "claim.submitted.v1":
            attempts[data.claim_id] += 1
    known = {name: claim for name, claim in manifest["claims"].items() if name != "0"}  # 0 gets a name of its own
    assert {name: f"{paid[name]:.2f}" for name in known} == {name: claim["paid"] for name, claim in known.items()}
    assert {name: attempts[name] for name in known} == {name: claim["attempts"] for name, claim in known.items()}
    assert again > 30


def test_every_field_of_the_month_is_declared(month):
    """What a reader sends and no model names, no publisher can know and no fold can rely on."""
    undeclared, seen = Counter(), 0
    for _, item in intake(*month):
        if isinstance(item, FoundEvent) and item.event["data"].get("visit_id") != "V0":  # which is no visit
            event = understand(Envelope.model_validate(item.event))
            undeclared.update(f"{event.type}: {name}" for name in unknown_fields(event.data))
            seen += 1
    assert seen > 2000
    assert not undeclared


def test_the_copies_are_two_interchanges_with_other_delimiters(month):
    directory, manifest = month
    copies = next(f["name"] for f in manifest["files"] if "portal-copy" in f["name"])
    text = (directory / copies).read_text("ascii")
    assert len(list(interchanges(text))) == 2
    assert len({part[104] for part in parts(text)}) == 2
