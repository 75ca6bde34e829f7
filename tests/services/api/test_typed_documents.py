"""Events, claims and errors are typed in the documents, and what is answered is of these types."""

import json
import re
from datetime import date
from typing import Annotated, get_args

import jsonschema
import pytest
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from events.registry import TYPES
from services.api.event_documents import class_name, event_components, event_schema, event_types
from services.api.openapi import _asyncapi
from services.api.routers import routers_of
from tests.laws.code import ROOT
from tests.services.api.conftest import event


@pytest.fixture(scope="module")
def document(api):
    return api.client().get("/openapi.json").json()


def validator(components, name):
    whole = {"components": components, "$ref": f"#/components/schemas/{name}"}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolves(document, reference):
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found is not None


def test_every_event_type_is_one_of_the_union_told_apart_by_its_type(document):
    union = document["components"]["schemas"]["Event"]
    mapping = union["discriminator"]["mapping"]
    assert set(mapping) == set(TYPES)
    assert [one["$ref"] for one in union["oneOf"]] == list(mapping.values())
    for name, reference in mapping.items():
        part = document["components"]["schemas"][reference.rpartition("/")[2]]
        assert part["properties"]["type"]["const"] == name


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_sample_is_of_its_type_and_of_no_other(name):
    components = {"schemas": event_components()}
    sample = json.loads((ROOT / "events" / "samples" / f"{name}.json").read_text("utf-8"))
    validator(components, class_name(name)).validate(sample)
    validator(components, "Event").validate(sample)


def test_no_name_of_an_event_is_taken_by_an_answer(api):
    answers = get_openapi(title="x", version="1", routes=api.http.routes)["components"]["schemas"]
    shared = {"Adjustment", "RemittanceLine", "JsonValue"}  # a paper EOB is made of the first two; the last is anything
    assert answers.keys() & event_components().keys() <= shared


def test_every_reference_of_both_documents_resolves(api, document):
    for made in (document, api.client().get("/asyncapi").json()):
        assert all(resolves(made, reference) for reference in references(made))


def test_operations_have_names_of_their_own_that_no_address_changes(document):
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) and "v1" not in name for name in names)
    assert {"post_events", "post_event_batch", "get_events", "get_claim", "post_action", "get_worklist"} <= set(names)


def test_headers_and_servers_are_declared(document):
    assert document["servers"][0]["url"]
    listed = document["paths"]["/v1/worklists/{kind}"]["get"]["responses"]
    assert {"Next-Cursor", "Link", "X-Request-ID"} <= set(listed["200"]["headers"])
    assert "Retry-After" in listed["429"]["headers"]
    assert "ETag" in document["paths"]["/v1/claims/{ref}"]["get"]["responses"]["200"]["headers"]


@pytest.mark.parametrize("name", ["at", "as_of", "known_at"])
def test_instants_of_reads_have_a_format(document, name):
    (parameter,) = [p for p in document["paths"]["/v1/aging"]["get"]["parameters"] if p["name"] == name]
    assert {one["format"] for one in parameter["schema"]["anyOf"]} == {"date", "date-time"}


def test_the_asyncapi_document_is_the_same_at_every_start(api):
    first = _asyncapi.__wrapped__(api.app.settings)
    assert first == _asyncapi.__wrapped__(api.app.settings)
    made = json.loads(first)
    (channel,) = made["channels"].values()
    assert set(channel["messages"]) == {class_name(name) for name in TYPES}
    assert "correlationId" not in first
    assert "consumerName" not in first


def test_schemas_are_served_where_dataschema_says(api):
    client = api.client()
    listed = client.get("/v1/schemas").json()
    assert [one["type"] for one in listed] == event_types()
    for one in listed[:3]:
        answer = client.get(one["dataschema"])
        assert answer.json() == event_schema(one["type"])
        again = client.get(one["dataschema"], headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/schemas/no.such.v1").status_code == 404
    assert client.get("/v1/schemas/published").status_code == 404


def test_the_feed_shows_what_was_sent_and_where_its_schema_is(api, document):
    sent = event("CLM-FEED", type_="patient.paid.v1", amount="20.90", x_till="4")
    api.publish(sent)
    client = api.keyed()
    (found,) = [one for one in client.get("/v1/events?limit=500").json() if one["id"] == sent["id"]]
    assert found["data"] == sent["data"]
    validator(document["components"], "Event").validate(found)
    assert client.get(found["dataschema"].removeprefix("http://localhost")).status_code == 200


def test_a_default_that_one_of_two_deliveries_states_is_no_difference(api):
    sent = event("CLM-SAME", type_="patient.paid.v1", amount="20.90")
    assert api.publish(sent)[0]["result"] == "accepted"
    again = sent | {"data": sent["data"] | {"confirmed": [], "amount": 20.9}}
    assert api.publish(again)[0]["result"] == "duplicate"
    other = sent | {"data": sent["data"] | {"confirmed": [], "amount": "21.00"}}
    assert api.publish(other)[0]["result"] == "conflict"
    reasons = [row["reason"] for row in api.signed_in("manager").get("/v1/parked?limit=500").json()]
    assert any("it differs at /data/amount" in reason and "confirmed" not in reason for reason in reasons)


def test_a_claims_page_is_of_its_type(api, document):
    api.publish(event("CLM-TYPED"), event("CLM-TYPED", type_="patient.paid.v1", amount="5.00"))
    page = api.keyed().get(f"/v1/claims/{api.ref('CLM-TYPED')}").json()
    validator(document["components"], "Claim").validate(page)
    assert page["deadlines"]
    assert page["timeline"]


def day_parameters(document):
    """(method, path, name) of every parameter of a query that holds a day alone."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for each in operation.get("parameters", ()):
                schema = each["schema"]
                kinds = [part.get("format") for part in (schema, *schema.get("anyOf", ()))]
                if each["in"] == "query" and "date" in kinds and "date-time" not in kinds:
                    yield method, path, each["name"]


@pytest.mark.parametrize("odd", ["0", "86400", "-1", "1772409600", "20260302", "2026-02-30", "1899-12-31", "today"])
def test_a_number_is_no_day(api, odd):
    """Pydantic would count seconds since 1970: `sent_to=0` was everything before 1970, and no list said so."""
    client = api.keyed("admin")
    found = list(day_parameters(client.get("/openapi.json").json()))
    assert len(found) > 5
    for method, path, name in found:
        answer = client.request(method, path, params={name: odd})
        assert answer.status_code == 422, (path, name, odd)


def test_bodies_hold_no_number_for_a_day():
    """The same in every model that a request's body is read into."""
    wrong = [
        f"{model.__name__}.{name}"
        for model in request_models()
        for name, field in model.model_fields.items()
        if any(each is date for each in flat(field.annotation))
        if any(takes(Annotated[field.annotation, None, *field.metadata], odd) for odd in (0, 1772409600, "0"))
    ]
    assert wrong == []


def takes(kind, value):
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def flat(annotation):
    return [annotation, *(part for each in get_args(annotation) for part in flat(each))]


def request_models():
    """Every model that an API route's body has, and those within."""
    waiting = [
        each.field_info.annotation
        for router in routers_of("services.api")
        for route in router.routes
        if isinstance(route, APIRoute)
        for each in route.dependant.body_params
    ]
    seen = set()
    while waiting:
        for each in flat(waiting.pop()):
            if isinstance(each, type) and issubclass(each, BaseModel) and each not in seen:
                seen.add(each)
                waiting += [field.annotation for field in each.model_fields.values()]
    assert len(seen) > 20
    return seen


FREE = {
    "JsonValue": "values of a rule pack, and of changes to them: their shape is that of the pack's kind",
}


def untyped(document, schema, place, seen=frozenset()):
    """Places of a schema that may hold anything."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        if name not in seen and name not in FREE:
            yield from untyped(document, document["components"]["schemas"][name], f"{place} {name}", seen | {name})
        return
    parts = [part for kind in ("anyOf", "oneOf", "allOf") for part in schema.get(kind, ())]
    if not parts and not schema.keys() & {"type", "enum", "const"}:
        yield place
    if schema.get("type") == "object" and not schema.get("properties"):
        if not isinstance(schema.get("additionalProperties"), dict) or not schema["additionalProperties"]:
            yield place
        else:
            parts.append(schema["additionalProperties"])
    if schema.get("type") == "array":
        parts.append(schema.get("items", {}))
    for part in parts:
        yield from untyped(document, part, f"{place}[]", seen)
    for name, part in schema.get("properties", {}).items():
        yield from untyped(document, part, f"{place}.{name}", seen)


def test_no_answer_holds_an_object_of_which_nothing_is_said(document):
    found = [
        place
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        for media, content in answer.get("content", {}).items()
        for place in untyped(document, content.get("schema", {}), f"{method} {path} {status} {media}")
    ]
    assert not found
