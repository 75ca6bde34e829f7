"""A PostgreSQL that was set up in a language, as the official image is: everything as on any other database."""

import json
from pathlib import Path

import events
from projections.tables.tables import READ_TABLES
from services.projector.rebuild import mark_for_rebuild
from services.projector.replay import verify
from services.store.engine import writing
from tests.services.api.conftest import event
from tests.services.projector.conftest import dump

SENT = {"sender": "CLINIC01", "receiver": "P", "interchange": "000000418", "group": "418", "set": "0001"}
OTHER = {"patient_id": "PAT-2", "payer_id": "NORTHSHIELD"}


def sample(name):
    return json.loads((Path(events.__file__).parent / "samples" / f"{name}.json").read_text())


def policy():
    told = sample("policy.published.v1")
    return told | {"id": "policy-of-today", "data": told["data"] | {"version": 2}}


def test_a_language_s_order_of_text_changes_nothing(fresh, english_pg_url):
    api = fresh(database_url=english_pg_url)
    engine, references = api.app_state.app.engine, api.app_state.app.references
    rejected = sample("submission.rejected.v1") | {"time": "2026-10-03T14:00:00Z"}
    rejected["data"] |= {"submission": {name: SENT[name] for name in ("sender", "group", "set")}}
    rejected["data"] |= {"effective_on": "2026-10-03"}
    api.publish(event("CLM-1", submission=SENT), event("CLM-2", **OTHER))
    api.publish(rejected, client=api.keyed())
    manager = api.signed_in()

    def listed(kind="today", **query):
        return [(row["kind"], row["claim_id"]) for row in manager.get(f"/v1/worklists/{kind}", params=query).json()]

    assert ("rejection", "CLM-1") in listed("rejection"), "a rejected file reaches its claims"
    assert listed(as_of="2026-11-05") == listed(), "a list of the past is not empty"

    before = {row["kind"]: row["due"] for row in _deadlines(manager, api.ref("CLM-2"))}
    api.publish(policy(), client=api.keyed(role="admin"))
    after = {row["kind"]: row["due"] for row in _deadlines(manager, api.ref("CLM-2"))}
    assert (before["timely_filing"], after["timely_filing"]) == (None, "2026-12-30"), "new terms reach the claims"

    rows = dump(engine)
    assert mark_for_rebuild(engine) > 2
    worker = api.app_state.app.fold_worker()
    while worker.step():
        pass
    api.settle()
    assert dump(engine) == rows
    assert verify(engine, references) == []
    with writing(engine) as connection:
        connection.execute(READ_TABLES["claim"].update().values(paid=1))
    assert {wrong.table for wrong in verify(engine, references)} == {"claim"}


def _deadlines(client, ref):
    return client.get(f"/v1/claims/{ref}").json()["deadlines"]
