"""Shipped packs are as old as the rules they state: a read of a day before the first start judges by them."""

from datetime import UTC, datetime

from projections.cut import Cut
from projections.rules.rulebook import Ruling, read_pack
from services.projector import adopt_rule_packs as adopt
from services.projector.adopt_rule_packs import adopt_shipped
from tests.services.projector.conftest import NOW, make_projector, project

MAY = Cut(as_of=datetime(2026, 5, 1, tzinfo=UTC))
PUBLISHED = {
    "pack_id": "kx",
    "kind": "kx",
    "version": "house",
    "basis": "dos",
    "source": "ours",
    "confidence": "H",
    "periods": [{"effective_from": "2026-01-01", "values": {"threshold": "1.00", "review": "3.00"}}],
}


def references(engine):
    return make_projector(engine).references


def test_a_day_before_the_first_start_is_judged_by_the_rules_of_that_day(new_engine):
    engine = new_engine()
    with engine.connect() as connection:
        past, now = references(engine).at(connection, "default", MAY), references(engine).get(connection, "default")
    assert past.rules.fingerprint == now.rules.fingerprint
    assert isinstance(past.rules.pick("kx", datetime(2026, 3, 2, tzinfo=UTC).date()), Ruling)


def test_nothing_was_known_before_the_first_start(new_engine):
    engine = new_engine()
    with engine.connect() as connection:
        unknowing = references(engine).at(connection, "default", Cut(known_at=datetime(2026, 5, 1, tzinfo=UTC)))
    assert unknowing.rules.packs == {}


def test_a_later_release_counts_from_its_start(new_engine, monkeypatch):
    engine = new_engine()
    packs = adopt.shipped_packs()
    packs[0] = packs[0] | {"version": "later"}
    monkeypatch.setattr(adopt, "shipped_packs", lambda: packs)
    later = read_pack(packs[0])
    assert adopt_shipped(make_projector(engine)) == 1
    with engine.connect() as connection:
        past, now = references(engine).at(connection, "default", MAY), references(engine).get(connection, "default")
    assert now.rules.packs[later.pack_id].version == "later"
    assert past.rules.packs[later.pack_id].version != "later"


def test_a_practices_own_version_published_before_the_first_start_wins(new_engine):
    engine = new_engine()
    own = adopt.adoption(PUBLISHED, "2026-01-05T14:00:00Z", "default", adopt.OWN)
    project(engine, [own])
    adopt_shipped(make_projector(engine, NOW))
    with engine.connect() as connection:
        assert references(engine).get(connection, "default").rules.packs["kx"].version == "house"
