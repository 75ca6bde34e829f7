"""Trying again what was refused needs what sending it would have needed."""

from tests.events.samples import sample
from tests.services.api.conftest import event

POLICY = sample("policy.published.v1")


def test_who_may_not_publish_terms_may_not_retry_them(fresh):
    api = fresh()
    answer = api.keyed(scopes=("events:write",)).post("/v1/events", json=POLICY)
    assert answer.status_code == 422
    api.settle()
    (kept,) = api.signed_in("manager").get("/v1/parked").json()
    refused = api.signed_in("lead").post(f"/v1/parked/{kept['id']}/retry")
    assert refused.status_code == 403
    assert "terms:write" in refused.json()["detail"]
    assert api.signed_in("manager").post(f"/v1/parked/{kept['id']}/retry").status_code == 200


def test_an_event_of_another_practice_does_not_get_there_by_a_retry(fresh):
    api = fresh()
    assert api.keyed().post("/v1/events", json=event("CLM-1") | {"practice": "elsewhere"}).status_code == 422
    api.settle()
    (kept,) = api.signed_in("manager").get("/v1/parked").json()
    assert api.signed_in("manager").post(f"/v1/parked/{kept['id']}/retry").status_code == 403
    assert api.signed_in("lead").get("/v1/parked").json(), "it is there still"
