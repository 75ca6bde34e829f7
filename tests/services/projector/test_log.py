"""What the projector makes of duplicates, conflicts, unreadable entries, corrections and folds that raise."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from projections.cut import NO_CUT, Cut
from services.projector import registry
from services.projector.parking import PARKED
from services.reads.feed import claim_events
from services.reads.read_context import ReadContext
from services.store.log import LOG, SIGHTING, histories
from tests.services.projector.conftest import NOW, dump, entries, make_projector, project


def event(number, kind, data, time="2026-03-03T10:00:00Z", **more):
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "test",
        "type": kind,
        "subject": data.get("claim_id", "x"),
        "time": time,
        "data": data,
        **more,
    }


def submitted(claim_id="A1", charge="210.00", **more):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": charge, "dos": "2026-03-02"}
    return {
        "claim_id": claim_id,
        "patient_id": "P1",
        "payer_id": "MEDICARE",
        "billing_npi": "1999999984",
        "place_of_service": "11",
        "total_charge": charge,
        "lines": [line],
        **more,
    }


def rows(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def count(engine, table):
    with engine.connect() as connection:
        return len(connection.execute(table.select()).all())


def test_same_identity_and_content_is_a_duplicate_whose_earliest_time_counts(engine):
    project(engine, [event(1, "claim.submitted.v1", submitted())])
    logged = count(engine, LOG)
    project(engine, [event(1, "claim.submitted.v1", submitted(), "2026-03-02T08:00:00Z")], start=2)
    assert (count(engine, LOG), count(engine, SIGHTING)) == (logged, 1)
    assert rows(engine, "SELECT sent_on FROM claim")[0][0] in ("2026-03-02", date(2026, 3, 2))


def test_a_delivery_recorded_later_moves_no_clock_of_a_past_read(engine):
    sent, earlier, key = "2026-03-03T10:00:00+00:00", "2026-03-02T08:00:00+00:00", "claim|default|A1"
    make_projector(engine, NOW).process(entries([event(1, "claim.submitted.v1", submitted(), sent)]))
    later = NOW + timedelta(days=1)
    make_projector(engine, later).process(entries([event(1, "claim.submitted.v1", submitted(), earlier)], 2))

    def times(cut):
        with engine.connect() as connection:
            return [h.time.isoformat() for h in histories(connection, [key], cut)[key]]

    between = datetime.fromisoformat("2026-03-02T20:00:00+00:00")
    assert times(NO_CUT) == times(Cut(known_at=later)) == times(Cut(as_of=between)) == [earlier]
    assert times(Cut(known_at=NOW)) == [sent]
    assert times(Cut(as_of=between, known_at=NOW)) == []

    def told(cut):
        references = make_projector(engine).references
        return [
            e["id"]
            for e in claim_events(
                ReadContext(engine=engine, references=references, practice="default", at=later, cut=cut), "A1"
            ).items
        ]

    assert (told(Cut(as_of=between)), told(Cut(as_of=between, known_at=NOW))) == (["1"], [])


def test_an_entry_delivered_again_after_a_crash_is_no_duplicate(engine):
    told = entries([event(1, "claim.submitted.v1", submitted())])
    make_projector(engine).process(told)
    outcome = make_projector(engine).process(told)
    assert (outcome.logged, outcome.duplicates, count(engine, SIGHTING)) == (0, 0, 0)


def test_amounts_spelled_otherwise_are_the_same_content(engine):
    project(engine, [event(1, "claim.submitted.v1", submitted(charge="210.00"))])
    outcome = make_projector(engine).process(entries([event(1, "claim.submitted.v1", submitted(charge=210))], 2))
    assert (outcome.duplicates, outcome.conflicts) == (1, 0)


def test_same_identity_with_other_content_is_parked_and_flags_the_claim(engine):
    project(engine, [event(1, "claim.submitted.v1", submitted())])
    outcome = make_projector(engine).process(entries([event(1, "claim.submitted.v1", submitted(charge="99.00"))], 2))
    assert outcome.conflicts == 1
    assert rows(engine, "SELECT charge, flags FROM claim") == [(21000, "conflict")]
    assert rows(engine, "SELECT origin, state FROM parked") == [("conflict", "open")]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"no json", "Invalid JSON"),
        (json.dumps(event(1, "claim.paid.v9", {})).encode(), "unknown event type"),
        (json.dumps(event(1, "claim.submitted.v1", {"claim_id": "A1"})).encode(), "/patient_id"),
        (json.dumps(event(1, "claim.submitted.v1", submitted(), "2026-03-03T10:00:00")).encode(), "/time"),
        (json.dumps(event(1, "claim.submitted.v1", submitted(charge="12.345"))).encode(), "/total_charge"),
        (json.dumps(event(1, "claim.submitted.v1", submitted()) | {"practice": "no such|one"}).encode(), "/practice"),
        (b'{"data":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_parked_with_its_reason_and_bytes(engine, raw, reason):
    good = entries([event(2, "claim.submitted.v1", submitted())])
    make_projector(engine).process([("9-0", {b"event": raw}), *good])
    with engine.connect() as connection:
        parked = connection.execute(PARKED.select()).one()
    assert reason in parked.reason
    assert (parked.practice, parked.raw) == ("default", raw)
    assert len(rows(engine, "SELECT claim_id FROM claim")) == 1


def test_a_corrected_claim_takes_its_figures_away_from_the_old_number(engine):
    told = [
        event(1, "claim.submitted.v1", submitted("WRONG")),
        event(2, "claim.submitted.v1", submitted("RIGHT"), supersedes={"source": "test", "id": "1"}),
    ]
    for order in (told, told[::-1]):
        project(engine, order)
    assert [r[0] for r in rows(engine, "SELECT claim_id FROM claim")] == ["RIGHT"]


def test_an_undone_act_leaves_no_trace_in_the_rows(engine, new_engine):
    plain = new_engine()
    project(plain, [event(1, "claim.submitted.v1", submitted())])
    project(
        engine,
        [
            event(1, "claim.submitted.v1", submitted()),
            event(2, "claim.written_off.v1", {"claim_id": "A1", "amount": "210.00", "by": "b"}, "2026-04-01T10:00:00Z"),
            event(
                3,
                "event.withdrawn.v1",
                {"claim_id": "A1", "source": "test", "id": "2", "by": "b"},
                "2026-04-02T10:00:00Z",
            ),
        ],
    )
    assert dump(engine) == dump(plain)


def test_a_fold_that_raises_spoils_only_its_own_projection_of_its_own_key(engine, monkeypatch):
    claims = registry.KEY_PROJECTORS["claim"]

    def breaks(key, view, reference):
        if key.endswith("|A1"):
            raise RuntimeError("canary A1")
        return work.fold(key, view, reference)

    work = next(projection for projection in claims.projections if projection.name == "worklist")
    others = tuple(projection for projection in claims.projections if projection is not work)
    broken = replace(claims, projections=(*others, replace(work, fold=breaks)))
    monkeypatch.setitem(registry.KEY_PROJECTORS, "claim", broken)
    told = [event(n, "claim.submitted.v1", submitted(claim)) for n, claim in enumerate(("A1", "B2"))]
    project(engine, told)

    assert rows(engine, "SELECT key, projection FROM stale") == [("claim|default|A1", "worklist")]
    assert "canary" not in rows(engine, "SELECT error FROM stale")[0][0]
    assert sorted(r[0] for r in rows(engine, "SELECT claim_id FROM claim")) == ["A1", "B2"]
    assert {r[0] for r in rows(engine, "SELECT claim_id FROM work_item")} == {"B2"}

    monkeypatch.setitem(registry.KEY_PROJECTORS, "claim", claims)
    project(
        engine, [event(9, "work.noted.v1", {"claim_id": "A1", "worklist": "filing", "by": "b", "note": "n"})], start=3
    )
    assert rows(engine, "SELECT key FROM stale") == []
