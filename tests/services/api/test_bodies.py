"""Bodies as senders pack them: gzip, forms with a file; keys that make repetition harmless; what is left of a limit."""

import gzip
import json

import pytest

from services.api.examples import EDI_BODY
from tests.services.api.conftest import event

X12 = EDI_BODY["content"]["application/edi-x12"]["example"]
JSON = {"content-type": "application/json"}


def test_gzip_is_unpacked(api):
    body = gzip.compress(json.dumps([event(f"CLM-Z{n}") for n in range(300)]).encode())
    answer = api.keyed().post("/v1/events", content=body, headers=JSON | {"content-encoding": "gzip"})
    assert answer.status_code == 202
    assert {result["result"] for result in answer.json()["results"]} == {"accepted"}
    packed = {"content-type": "application/edi-x12", "content-encoding": "gzip"}
    edi = api.keyed().post("/v1/edi", content=gzip.compress(X12.encode()), headers=packed)
    assert (edi.status_code, edi.json()["transaction"]) == (202, "999")
    api.settle()


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (gzip.compress(b"[1, 2, 3]" * 9, mtime=0)[:-9], "gzip", 400),  # the same at every collection
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
    ],
)
def test_what_cannot_be_unpacked_is_refused(api, body, encoding, status):
    answer = api.keyed().post("/v1/events", content=body, headers=JSON | {"content-encoding": encoding})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 415:
        assert answer.headers["accept-encoding"] == "gzip"


def test_what_unpacks_beyond_the_limit_is_refused(fresh):
    api = fresh(max_body=100_000)
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    answer = api.keyed().post("/v1/events", content=bomb, headers=JSON | {"content-encoding": "gzip"})
    assert len(bomb) < 100_000
    assert answer.status_code == 413


def test_a_form_with_a_file_is_taken(api):
    client = api.keyed()
    answer = client.post("/v1/edi", files={"file": ("era.835", X12.encode(), "application/octet-stream")})
    assert (answer.status_code, answer.json()["transaction"]) == (202, "999")
    two = client.post("/v1/edi", files=[("a", ("a", b"x")), ("b", ("b", b"y"))])
    assert two.status_code == 422
    none = client.post("/v1/edi", data={"x": "y"}, files={})
    assert none.status_code == 415


def test_an_idempotency_key_makes_an_act_count_once(api):
    api.publish(event("CLM-KEY"))
    client, ref = api.signed_in("manager"), api.ref("CLM-KEY")
    note = {"action": "note", "note": "called"}
    first = client.post(f"/v1/claims/{ref}/actions", json=note, headers={"Idempotency-Key": "a key / of ours"})
    again = client.post(f"/v1/claims/{ref}/actions", json=note, headers={"Idempotency-Key": "a key / of ours"})
    other = client.post(f"/v1/claims/{ref}/actions", json=note, headers={"Idempotency-Key": "another"})
    assert [each.json()["result"] for each in (first, again, other)] == ["accepted", "duplicate", "accepted"]
    own = client.post(f"/v1/claims/{ref}/actions", json=note | {"id": "my-own-id-1"}, headers={"Idempotency-Key": "x"})
    assert own.json()["event_id"].endswith("my-own-id-1")


def test_what_is_left_of_the_limit_is_said(fresh):
    api = fresh(rate_limit=60)
    client = api.keyed()
    left = []
    for _ in range(3):
        answer = client.get("/v1/aging")
        left.append(int(answer.headers["RateLimit"].split("r=")[1].split(";")[0]))
        assert answer.headers["RateLimit-Policy"] == '"requests";q=10;w=10'
    assert left == [left[0], left[0] - 1, left[0] - 2]
