"""A body whose kind is wrong or absent is refused with what may be sent, whichever route takes it; never quoted."""

import pytest

from services.api.kinds_of_body import ABSENT, WRONG

SECRET = "CANARY-SNOOZE"
REF = "0" * 24
ITEM = {"worklist": "deposit", "item": "d1"}
BODIES = [
    ("/v1/items/actions", lambda act: {"act": ITEM | act}, "/body/act"),
    (f"/v1/claims/{REF}/actions", lambda act: act, "/body"),
    ("/v1/actions", lambda act: {"acts": [{"ref": REF, "act": act}]}, "/body/acts/0/act"),
]


def discriminated(document):
    """Addresses of POST whose body, by the published document, has a part that one field decides about."""
    parts = document["components"]["schemas"]

    def holds(schema, seen):
        if isinstance(schema, list):
            return any(holds(each, seen) for each in schema)
        if not isinstance(schema, dict):
            return False
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name not in seen:
            return holds(parts[name], seen | {name})
        return "discriminator" in schema or any(holds(value, seen) for value in schema.values())

    for path, verbs in document["paths"].items():
        body = verbs.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if holds(body.get("schema", {}), frozenset()):
            yield path


def test_every_such_body_is_tried_here(api):
    tried = {address.replace(REF, "{ref}") for address, _, _ in BODIES}
    assert set(discriminated(api.signed_in("manager").get("/openapi.json").json())) - {"/v1/events"} == tried


@pytest.mark.parametrize(("address", "body", "pointer"), BODIES)
@pytest.mark.parametrize(("given", "said"), [({"action": SECRET}, ""), ({}, "; it is absent"), ({"act": SECRET}, "")])
def test_it_says_what_may_be_sent(api, address, body, pointer, given, said):
    answer = api.signed_in("manager").post(address, json=body(given))
    assert answer.status_code == 422
    (first, *_) = answer.json()["errors"]
    assert first["pointer"] == pointer
    assert first["message"].startswith("action: use one of assign, snooze, note, ")
    assert first["message"].endswith(said)
    assert SECRET not in answer.text
    assert WRONG not in answer.text
    assert ABSENT not in answer.text
