"""Every route, every role, nobody, and people of another practice; against the one table."""

import json

import pytest

from services.api.app import create_app
from services.api.authorization import GuardedRoute
from services.api.routers import routers_of
from services.commands.enter_deposit import EXAMPLE as DEPOSIT
from services.commands.paper_eob import EXAMPLE
from services.security.limits import Failures
from services.security.roles import ROLES, ROUTES, Gate, Permission
from tests.services.api.conftest import event

BODIES = {
    "POST /v1/rules/import": {
        "params": {"name": "figures.toml", "dry_run": "true", "quick": "true"},
        "content": b'year = 2027\nsource = "invented"\ndeductible = "300.00"\n',
        "headers": {"content-type": "application/octet-stream"},
    },
    "POST /v1/events": {"content": json.dumps(event("CLM-X")), "headers": {"content-type": "application/json"}},
    "POST /v1/events/batch": {
        "content": json.dumps([event("CLM-X")]),
        "headers": {"content-type": "application/cloudevents-batch+json"},
    },
    "POST /v1/webhooks": {"json": {"name": "x", "address": "https://example.org/hook"}},
    "PUT /v1/webhooks/{endpoint_id}": {"json": {"name": "x", "address": "https://example.org/hook"}},
    "POST /v1/webhooks/{endpoint_id}/state": {"json": {"paused": True}},
    "POST /v1/visits": {"json": {"visit_id": "VISIT-X"}},
    "POST /v1/what-if": {"json": {}},
    "POST /v1/edi": {"content": b"ISA", "headers": {"content-type": "text/plain"}},
    "POST /v1/search": {"json": {"claim_id": "CLM-X"}},
    "POST /v1/thresholds": {"json": {"patient_id": "PAT-X"}},
    "POST /v1/estimate": {"json": {"payer": "MEDICARE", "dos": "2026-03-02", "discipline": "PT", "untimed": ["97161"]}},
    "POST /v1/claims/{ref}/actions": {"json": {"action": "note", "note": "x"}},
    "POST /v1/actions": {"json": {"acts": [{"ref": "0" * 24, "act": {"action": "note", "note": "x"}}]}},
    "POST /v1/session": {"json": {"name": "nobody", "password": "wrong"}},
    "POST /v1/session/password": {"json": {"old": "x", "new": "a long new password"}},
    "POST /v1/paper-eob": {"json": EXAMPLE},
    "POST /v1/visits/close": {"json": {"visit_id": "NONE", "reason": "self_pay"}},
    "POST /v1/items/actions": {
        "json": {
            "patient_id": "NONE",
            "act": {"action": "note", "worklist": "eligibility", "item": "x", "note": "x"},
        }
    },
    "POST /v1/visits/reopen": {"json": {"visit_id": "NONE"}},
    "GET /v1/payers/terms": {"params": {"payer": "NOBODY"}},
    "GET /payers/terms": {"params": {"payer": "NOBODY"}},
    "POST /v1/payers/adopt": {"json": {"template": "nobody", "payer": "NOBODY", "in_network": True}},
    "POST /v1/payers/edit": {"json": {"payer": "NOBODY", "changes": ["filing=9 days"]}},
    "POST /v1/payers/publish": {"params": {"dry_run": "true"}, "json": {"payer_id": "NOBODY"}},
    "POST /v1/payers/merge": {"json": {"from": "NOBODY", "into": "NONE"}},
    "POST /v1/deposits": {"json": DEPOSIT},
    "POST /v1/people": {"json": {"name": "sam", "role": "nonsense"}},
    "POST /v1/unidentified/{name}/join": {"json": {"candidate": "0" * 24}},
    "POST /v1/people/{person_id}": {"json": {"role": "lead"}},
    "POST /drafts/{place}": {"json": {"note": "x"}},
    "POST /v1/letters": {"json": {"kind": "appeal", "ref": "0" * 24}},
    "POST /v1/letters/draft": {"json": {"kind": "appeal", "ref": "0" * 24}},
    "POST /v1/letters/draft.{form}": {"json": {"kind": "appeal", "ref": "0" * 24}},
    "POST /v1/letter-texts/{kind}": {"json": {"title": "x", "body": "y"}},
    "POST /v1/settings/profile": {"json": {"name": "Clinic", "address": ["1 Main St"]}},
    "POST /v1/settings/addresses": {"json": {"payer_id": "X", "kind": "appeal", "lines": ["X", "1 Main St"]}},
    "GET /underpayments/letter": {"params": {"payer": "X", "procedure": "97110"}},
    "POST /underpayments/letter": {"params": {"payer": "X", "procedure": "97110"}},
    "POST /v1/contracts/import": {"files": {"file": ("x.txt", b"x")}},
    "POST /contracts/try": {"files": {"file": ("x.txt", b"x")}},
    "POST /open-claims/try": {"files": {"file": ("x.csv", b"x")}},
    "POST /v1/open-claims": {
        "params": {"source": "Old", "as_of": "2026-02-28", "dry_run": "true"},
        "content": b"Claim,Account,Payer,DOS,Charge,Balance\nA,1,X,1/5/2026,1.00,1.00\n",
        "headers": {"content-type": "text/csv"},
    },
    "POST /estimate": {"data": {"dos": "x", "disciplines": "PT", "services": "97161"}},
    "POST /v1/keys": {"json": {"name": "x", "role": "nonsense"}},
    "POST /v1/rules/diff": {"json": {"pack_id": "nonsense"}},
    "POST /v1/rules/publish": {"json": {"pack_id": "nonsense"}},
    "POST /v1/rules/learned": {"json": {"rule": "learned.none"}},
    "POST /rules/learned": {"data": {"rule": "learned.none", "do": "adopt"}},
    "POST /rules/import": {"files": {"files": ("x.csv", b"a,b")}},
    "POST /rules/publish": {"data": {"token": "x"}},
    "POST /v1/routing/try": {"json": {"name": "x", "tags": ["y"]}},
    "POST /v1/routing/rules": {"json": {"name": "x", "tags": ["y"]}},
    "POST /v1/routing/rules/end": {"json": {"name": "nobody"}},
    "POST /v1/routing/queues": {"json": {"name": "x"}},
    "POST /v1/routing/queues/remove": {"json": {"name": "nobody"}},
    "POST /views": {"params": {"kind": "today"}, "data": {"name": "mine"}},
}
NOT_TWICE = {"GET /v1/stream", "DELETE /v1/session", "POST /sign-out"}  # one never ends, the others end the session
OUTSIDE = {
    "GET /v1/session",
    "GET /v1/audit/check",
    "POST /v1/session/password",
    "GET /v1/people",
    "POST /v1/people",
    "POST /v1/people/{person_id}",
    "POST /v1/people/{person_id}/link",
    "GET /v1/keys",
    "POST /v1/keys",
    "DELETE /v1/keys/{key_id}",
}  # about the session itself, or accounts, which belong to no practice; one chain for all, of which nothing is shown
MADE = {
    f"{method} {route.path}"
    for router in (*routers_of("services.api"), *routers_of("services.web"))
    for route in router.routes
    for method in route.methods
}
# What is asked here makes no sense to some routes; that they say so shows that access was granted.
ALSO = {
    "POST /estimate": 422,
    "POST /rules/learned": 422,
    "POST /rules/import": 422,
    "POST /rules/publish": 422,
    "POST /account/password": 422,
    "POST /v1/session/password": 401,
    "POST /v1/people": 422,
    "POST /v1/keys": 422,
    "POST /v1/rules/diff": 422,
    "POST /v1/rules/publish": 422,
    "POST /people": 422,
    "POST /visits/close": 422,
    "POST /visits/reopen": 422,
    "POST /people/{person_id}": 422,
    "POST /setup/practice": 422,
    "POST /setup/zone": 422,
    "POST /inbox": 422,
    "POST /keys": 422,
    "POST /contracts/try": 422,
    "POST /open-claims/try": 422,
    "POST /open-claims/import": 422,
    "POST /v1/contracts/import": 422,
    "POST /contracts/publish": 422,
    "POST /routing/try": 422,
    "POST /routing/save": 422,
    "POST /routing/change": 422,
    "POST /setup/finish": 409,
    "POST /v1/webhooks": 201,
    "POST /webhooks": 422,
    "POST /columns": 422,
    "POST /webhooks/{endpoint_id}": 422,
    "GET /guide/{name}": 422,
}
PLACES = {
    "ref": "0" * 24,
    "place": "0" * 24,
    "kind": "today",
    "correlation_id": "0" * 32,
    "parked_id": "0" * 16,
    "token": "x" * 43,
    "form": "csv",
    "event": "0" * 24,
    "patient": "0" * 24,
    "line": "1",
    "name": "0" * 24,
    "template": "nobody",
    "pack_id": "nobody",
    "person_id": "0" * 32,
    "search": "0" * 24,
    "table": "aging",
    "view": "0" * 24,
    "key_id": "0" * 8,
    "picture": "nothing.png",
    "event_id": "0" * 32,
    "contract_id": "nobody",
    "endpoint_id": "0" * 24,
    "resource": "Claim",
    "delivery_id": "0" * 24,
}
GUARDED = sorted(name for name in MADE if ROUTES[name].needs is not Gate.OPEN)
# What each role may call, written out once more by hand: a change of the table has to be meant.
MAY = {
    "biller": {
        Permission.CLAIMS_READ,
        Permission.CLAIMS_ACT,
        Permission.FILES_WRITE,
        Permission.PARKED_READ,
        Permission.ESTIMATE,
    },
    "auditor": {
        Permission.AUDIT,
        Permission.CLAIMS_READ,
        Permission.EVENTS_READ,
        Permission.PARKED_READ,
        Permission.OPERATIONS,
    },
    "integration": {
        Permission.EVENTS_READ,
        Permission.EVENTS_WRITE,
        Permission.TERMS_WRITE,
        Permission.FILES_WRITE,
        Permission.CLAIMS_READ,
        Permission.ESTIMATE,
        Permission.WEBHOOKS,
    },
}
MAY["lead"] = MAY["biller"] | {Permission.MONEY_ACT, Permission.PARKED_ACT, Permission.EVENTS_READ}
MAY["manager"] = MAY["lead"] | {
    Permission.TERMS_WRITE,
    Permission.EVENTS_WRITE,
    Permission.OPERATIONS,
    Permission.WEBHOOKS,
}
MAY["admin"] = MAY["manager"] | {Permission.AUDIT, Permission.PEOPLE}


def call(client, name, **extra):
    method, path = name.split(" ")
    address = path.format(**PLACES)
    options = {k: dict(v) if isinstance(v, dict) else v for k, v in BODIES.get(name, {}).items()}
    for option, value in extra.items():
        options[option] = options.get(option, {}) | value
    return client.request(method, address, **options)


@pytest.fixture(scope="module", autouse=True)
def with_pages(api):
    """The whole table, the pages among it."""
    api.http = create_app(api.app)
    api.http.state.app_state.wrong_keys = Failures(limit=10_000)  # one address tries a wrong key at every route here


@pytest.fixture(scope="module")
def people(api):
    return {role: api.signed_in(role) for role in ROLES}


def test_every_route_is_in_the_table_and_nothing_else_is():
    assert set(ROUTES) == MADE


def test_roles_are_what_was_decided():
    assert {role: set(found) for role, found in ROLES.items()} == MAY


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_gets_nothing(api, name):
    client = api.client()
    assert call(client, name).status_code == 401
    client.headers["Authorization"] = "Bearer ccl_wrong"
    assert call(client, name).status_code == 401
    client.headers["Authorization"] = "Basic eDp5"
    assert call(client, name).status_code == 401


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("name", sorted(set(GUARDED) - NOT_TWICE))
def test_each_role_gets_what_it_may(people, role, name):
    needs = ROUTES[name].needs
    answer = call(people[role], name)
    if isinstance(needs, Gate) or needs in MAY[role]:
        assert answer.status_code in (200, 202, 303, 404, ALSO.get(name)), answer.text
    else:
        assert answer.status_code == 403
    if "/v1/" in name and answer.status_code >= 400:
        form = "fhir" if "/fhir/" in name else "problem"  # an OperationOutcome, as that standard has it
        assert answer.headers["content-type"] == f"application/{form}+json"


@pytest.mark.parametrize("name", sorted(set(GUARDED) - NOT_TWICE - OUTSIDE))
def test_another_practice_is_not_there(api, people, name):
    admin = people["admin"]
    assert call(admin, name, params={"practice": "other"}).status_code == 404


def test_a_scope_narrows_a_key(api):
    client = api.keyed("manager", scopes=["claims:read"])
    assert client.get("/v1/worklists/today").status_code == 200
    assert call(client, "POST /v1/events").status_code == 403
    assert client.get("/v1/parked").status_code == 403


def test_two_practices_see_their_own(api):
    api.publish(event("CLM-OURS"))
    theirs = api.keyed("integration", ("second",))
    assert api.publish(event("CLM-THEIRS"), client=theirs)[0]["result"] == "accepted"
    ours, both = api.signed_in("manager"), api.signed_in("manager", ("default", "second"))
    ref = api.ref("CLM-THEIRS", "second")
    assert ours.get(f"/v1/claims/{ref}").status_code == 404
    assert ours.get(f"/v1/claims/{ref}/events").status_code == 404
    assert ours.post(f"/v1/claims/{ref}/actions", json={"action": "note", "note": "x"}).status_code == 404
    assert both.get(f"/v1/claims/{ref}").status_code == 404
    assert both.get(f"/v1/claims/{ref}?practice=second").json()["claim_id"] == "CLM-THEIRS"
    for address in ("/v1/worklists/today?limit=500", "/v1/events?limit=500", "/v1/thresholds", "/v1/aging"):
        told = ours.get(address).text
        assert "CLM-THEIRS" not in told
        assert '"default"' in told or '"practice":' not in told
    assert ours.post("/v1/search", json={"claim_id": "CLM-THEIRS"}).json()["refs"] == []


def test_an_event_for_another_practice_is_refused(api):
    client = api.keyed()
    answer = client.post("/v1/events", json=event("CLM-1") | {"practice": "other"})
    assert answer.json()["results"][0]["errors"][0]["pointer"] == "/practice"
    answer = client.post("/v1/events", json=event("CLM-1") | {"practice": "_shared"})
    assert answer.json()["results"][0]["result"] == "invalid"


def test_a_route_outside_the_table_cannot_be_made():
    with pytest.raises(KeyError, match="is not in services"):
        GuardedRoute("/v1/secret", lambda: None, methods=["GET"])
