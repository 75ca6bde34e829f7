"""Every type has a sample and a schema; what is published stays as it is."""

import json
from decimal import Decimal

import jsonschema_rs
import pytest

import services.devtools.event_catalog as catalogue
from events.registry import RANKED, TYPES, parse
from events.remittance import remit_key
from events.submission_key import verdict_key
from events.upcasters import STEPS
from projections.keys import index_keys
from projections.rules.rulebook import checksum, read_pack
from tests.events.samples import ROOT, SAMPLES, sample, text, unknown_fields

EVERY = sorted(TYPES.keys() | STEPS.keys())
# The first of these that an event has is its subject.
SUBJECTS = {
    "deposit_id": lambda data: data.deposit_id,
    "number": lambda data: data.number,
    "claim_ids": lambda data: data.claim_ids[0],
    "visit_id": lambda data: data.visit_id,
    "claim_id": lambda data: data.claim_id,
    "patient_id": lambda data: data.patient_id,
    "contract_id": lambda data: data.contract_id,
    "pack_id": lambda data: data.pack_id,
    "from_id": lambda data: data.from_id,
    "answered": lambda data: verdict_key(data.answered),
    "submission": lambda data: verdict_key(data.submission),
    "remit": lambda data: remit_key(data.remit),
    "payer_id": lambda data: data.payer_id,
}
FIRST_TYPES = [
    "rules.adopted.v1",
    "policy.published.v1",
    "contract.published.v1",
    "patient.registered.v1",
    "identity.linked.v1",
    "therapy.balance_observed.v1",
    "visit.documented.v1",
    "claim.submitted.v1",
    "submission.acknowledged.v1",
    "submission.rejected.v1",
    "claim.acknowledged.v1",
    "claim.rejected.v1",
    "remittance.received.v1",
    "payment.reversed.v1",
    "payment.posted.v1",
    "claim.denied.v1",
    "records.requested.v1",
    "appeal.filed.v1",
    "appeal.decided.v1",
    "dispute.opened.v1",
    "dispute.closed.v1",
    "patient.paid.v1",
    "refund.sent.v1",
    "claim.written_off.v1",
    "work.assigned.v1",
    "work.snoozed.v1",
    "work.noted.v1",
    "work.resolved.v1",
    "alert.raised.v1",
    "event.withdrawn.v1",
    "event.conflicted.v1",
]
REMADE = "run `python -m services.devtools.event_catalog`"


def schema_of(event_type):
    return json.loads((catalogue.SCHEMAS / f"{event_type}.json").read_text("utf-8"))


def is_valid(event):
    return jsonschema_rs.validator_for(schema_of(event["type"]), validate_formats=True).is_valid(event)


def test_a_sample_and_a_schema_for_every_type_and_for_nothing_else():
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == EVERY
    assert sorted(path.stem for path in catalogue.SCHEMAS.glob("*.json")) == sorted([*EVERY, "published"])


@pytest.mark.parametrize("event_type", EVERY)
def test_a_sample_is_understood_keyed_and_valid(event_type):
    event = parse(text(event_type))
    assert event.envelope.type == event_type
    assert index_keys(event)
    assert is_valid(sample(event_type))


@pytest.mark.parametrize("event_type", EVERY)
def test_a_sample_says_all_that_a_type_can_say_in_known_fields(event_type):
    """A misspelled field would be kept as an unknown one, and the sample would teach it."""
    assert list(unknown_fields(parse(text(event_type)).data)) == []


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_schemas_are_those_of_the_models(event_type):
    assert schema_of(event_type) == catalogue.schema(event_type), REMADE


def test_the_document_is_that_of_the_models():
    assert catalogue.DOCUMENT.read_text("utf-8") == catalogue.document(), REMADE


def test_published_schemas_have_not_changed():
    assert catalogue.published() == catalogue.publish(catalogue.published()), REMADE


def test_a_schema_refuses_what_the_reader_refuses():
    assert not is_valid(sample("patient.paid.v1", amount=...))
    assert not is_valid(sample("patient.paid.v1", amount="twenty"))
    assert not is_valid(sample("appeal.decided.v1", outcome="lost"))
    assert not is_valid(sample("claim.submitted.v1") | {"time": "yesterday"})


def test_a_schema_keeps_unknown_extra_fields():
    assert is_valid(sample("patient.paid.v1", till="front") | {"traceparent": "00-1-1-00"})


def test_a_changed_published_schema_is_refused():
    with pytest.raises(catalogue.PublishedSchemaError, match=r"patient\.paid\.v1.*new version"):
        catalogue.publish(catalogue.published() | {"patient.paid.v1": "0" * 64})


def test_a_type_that_vanished_is_refused():
    with pytest.raises(catalogue.PublishedSchemaError, match=r"claim\.guessed\.v1"):
        catalogue.publish(catalogue.published() | {"claim.guessed.v1": "0" * 64})


def test_wording_is_no_part_of_what_is_published():
    part = {"description": "one", "title": "A", "properties": {"title": {"type": "string", "description": "two"}}}
    assert catalogue.shape(part) == {"properties": {"title": {"type": "string"}}}


def test_every_type_says_of_itself_what_it_is():
    """On the class itself: one that inherits another's would be filed under the other's name."""
    assert all("event" in vars(data) for data in RANKED)
    assert len(TYPES) == len(RANKED)
    assert all(data.event.subject and data.event.meaning.endswith(".") and data.event.label for data in RANKED)


def test_the_rank_of_types_never_changes():
    """A rebuild would fold what happened in one instant in another order. A new type may come between them."""
    first = [name for name in TYPES if name in FIRST_TYPES]
    assert first == FIRST_TYPES


def test_the_sample_payment_is_the_sample_claim_paid_by_the_rule():
    """Line, claim and remittance add up: a reader of the samples can follow the money."""
    claim, paid = parse(text("claim.submitted.v1")).data, parse(text("payment.posted.v1")).data
    remittance = parse(text("remittance.received.v1")).data
    assert paid.charge == claim.total_charge == sum(line.charge for line in claim.lines)
    for line in paid.lines:
        assert line.charge - sum(a.amount for a in line.adjustments) == line.paid
        assert line.allowed == line.paid + sum(a.amount for a in line.adjustments if a.reason in ("2", "253"))
    assert paid.paid == sum(line.paid for line in paid.lines) == remittance.remit.total_paid
    assert paid.patient_responsibility == sum(
        a.amount for line in paid.lines for a in line.adjustments if a.group == "PR"
    )


def test_the_sample_reversal_undoes_the_sample_payment():
    paid, undone = parse(text("payment.posted.v1")).data, parse(text("payment.reversed.v1")).data
    assert paid.paid + undone.paid == paid.charge + undone.charge == Decimal(0)
    assert [line.allowed + undone.lines[i].allowed for i, line in enumerate(paid.lines)] == [Decimal(0)] * 3


def test_subjects_of_samples_are_the_names_their_kind_goes_by():
    for event_type in TYPES:
        event = parse(text(event_type))
        for name, made in SUBJECTS.items():
            if getattr(event.data, name, None):
                assert event.envelope.subject == made(event.data), event_type
                break


def test_the_sample_rule_pack_is_sound():
    adopted = parse(text("rules.adopted.v1")).data
    assert read_pack(adopted.content).checksum == adopted.checksum == checksum(adopted.content)


def test_the_document_links_to_files_that_exist():
    for line in catalogue.document().splitlines():
        for link in (part.split(")")[0] for part in line.split("](")[1:]):
            assert link.startswith("https://") or (ROOT / "docs" / link).is_file(), link
