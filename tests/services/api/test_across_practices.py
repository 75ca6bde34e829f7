"""What one practice has is not there for the people and keys of another, at any address, by any of its identifiers."""

import json
import re
from itertools import product

import pytest

from services.api.app import create_app
from services.security.roles import ROUTES, Gate
from tests.events.samples import SAMPLES
from tests.services.api.conftest import api_over, event
from tests.services.api.edi_case_files import c837, claim, clp, era, svc
from tests.services.api.test_authorization import BODIES, NOT_TWICE, OUTSIDE, PLACES, call
from tests.services.api.test_letters_api import PROFILE, READY

IDENTIFIER = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{24}|[0-9a-f]{16})(?![0-9a-f])")
PLACE = re.compile(r"{(\w+)}")
OWN = {"ref", "parked_id", "event", "patient", "name", "event_id", "endpoint_id", "delivery_id", "correlation_id"}
ASKED = sorted(name for name in set(ROUTES) - NOT_TWICE - OUTSIDE if ROUTES[name].needs is not Gate.OPEN)
LISTS = [name for name in ASKED if name.startswith("GET ") and not PLACE.search(name)]
NAMED = [name for name in ASKED if OWN & set(PLACE.findall(name)) and name != "GET /guide/{name}"]
CLAIM_PAGES = (("/claims", ""), ("/claims", "/letters"), ("/v1/claims", "/events"), ("/v1/claims", "/letters"))
CANARY = "ZQXTHEIRS"
FILES = (
    c837(claim(f"{CANARY}1", ("97140", 80, 1))),
    era(
        f"{CANARY}T",
        20,
        clp(f"{CANARY}1", 4, 80, 0, 0, "ICN1", svc("97140", 80, 0, "CO*50*80")),
        clp(f"{CANARY}LOST", 1, 80, 20, 0, "ICN2", svc("97140", 80, 20, "CO*45*60")),
        at="20261020",
    ),
)


def published():
    """Every sample, its claims and patients under names that nobody else uses."""
    for path in sorted(SAMPLES.glob("*.json")):
        told = json.dumps(json.loads(path.read_text("utf-8")))
        yield json.loads(re.sub(r'("(?:claim_id|patient_id)": ")', rf"\g<1>{CANARY}-", told))


@pytest.fixture(scope="module")
def practices(tmp_path_factory, valkey_url):
    with api_over(tmp_path_factory.mktemp("across"), valkey_url, rate_limit=10_000_000) as api:
        api.http = create_app(api.app)
        ours = api.signed_in("admin")
        before = {name: shown(call(ours, name)) for name in LISTS}
        theirs = api.signed_in("manager", ("second",))
        sender = api.keyed("manager", ("second",))
        sender.post("/v1/events", json=[*published(), event(CANARY), event(f"{CANARY}-BAD", total_charge="x")])
        uploads = [upload(theirs, body) for body in FILES]
        api.settle()
        theirs.post("/v1/settings/profile", json=PROFILE)
        letter = READY | {"kind": "appeal", "ref": api.ref(f"{CANARY}1", "second"), "id": "letter-000001"}
        sent = theirs.post("/v1/letters", json=letter)
        assert sent.status_code == 201, sent.text
        made = theirs.post("/v1/webhooks", json={"name": CANARY, "address": "https://example.org/hook"}).json()
        theirs.post(f"/v1/webhooks/{made['id']}/test")
        api.settle()
        yield api, ours, theirs, before, made | {"uploads": uploads}


def upload(client, body):
    answer = client.post("/v1/edi", content=body, headers={"content-type": "application/edi-x12"})
    assert answer.status_code == 202, answer.text
    return answer.text


def shown(answer):
    """What a list answers, without what differs from one request to the next."""
    told = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", "", answer.text) if "json" in kind(answer) else ""
    return answer.status_code, told, answer.headers.get("etag"), answer.headers.get("link")


def kind(answer):
    return answer.headers.get("content-type", "")


def whole(answer):
    return answer.text + json.dumps(dict(answer.headers))


@pytest.fixture(scope="module")
def refs(practices):
    return [one["ref"] for one in practices[2].get("/v1/claims").json() if one["claim_id"].startswith(CANARY)]


@pytest.fixture(scope="module")
def identifiers(practices):
    _, _, theirs, _, made = practices
    told = [whole(call(theirs, name)) for name in LISTS]
    told += [theirs.get(f"/v1/webhooks/{made['id']}/deliveries").text, *made["uploads"]]
    for one in theirs.get("/v1/claims").json():
        told += [theirs.get(f"{place}/{one['ref']}{more}").text for place, more in CLAIM_PAGES]
    assert any(CANARY in one for one in told)
    return sorted({found for one in told for found in IDENTIFIER.findall(one)})


def test_nothing_of_it_is_in_a_list(practices):
    _, ours, _, before, _ = practices
    for name in LISTS:
        answer = call(ours, name)
        assert CANARY not in whole(answer), name
        if name not in ("GET /v1/audit", "GET /v1/team"):
            assert shown(answer) == before[name], name


def tries(name, identifiers, refs):
    """The places of a route filled by what the other practice has, a second identifier only with its claims."""
    places = [place for place in PLACE.findall(name) if place in OWN]
    fitting = [refs if place == "ref" else of_length(identifiers, len(PLACES[place])) for place in places]
    assert all(fitting), f"{name}: no identifier of the other practice to try"
    return [dict(zip(places, found, strict=True)) for found in product(*fitting)]


def of_length(identifiers, length):
    return [one for one in identifiers if len(one) == length]


def call_at(client, name, places):
    method, path = name.split(" ")
    return client.request(method, path.format(**PLACES | {"kind": "appeal"} | places), **BODIES.get(name, {}))


@pytest.mark.parametrize("name", NAMED)
def test_its_identifiers_are_as_unknown_as_any(practices, identifiers, refs, name):
    _, ours, theirs, _, _ = practices
    none = call(ours, name)
    found = 0
    for places in tries(name, identifiers, refs):
        answer = call_at(ours, name, places)
        assert answer.status_code == none.status_code, (name, places)
        assert CANARY not in whole(answer), (name, places)
        found += name.startswith("GET ") and call_at(theirs, name, places).status_code == 200
    if name.startswith("GET ") and none.status_code == 404:
        assert found, f"{name}: nothing that the other practice itself finds was tried"


def test_after_all_that_it_has_what_it_had(practices):
    _, _, theirs, _, made = practices
    assert [one["id"] for one in theirs.get("/v1/webhooks").json()] == [made["id"]]
    assert len(theirs.get("/v1/parked").json()) >= 1
