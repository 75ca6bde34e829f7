"""Every list of the document: in pages, whole while rows come and go, with a version that answers 304."""

import re
from contextlib import nullcontext

import pytest

from services.api.openapi import describe
from services.commands.ingest import ingest_files
from services.demo.month import write_month
from services.presentation.labels import WORKLISTS
from services.security.keys import add_key
from services.security.people import add_person
from tests.services.api.conftest import NOW, api_over, event

WHOLE = {  # what the program itself bounds, not the data
    "/v1/schemas": "the event types of this version",
    "/v1/rules/status": "kinds of rules and years",
    "/v1/rules/lists": "kinds of code lists",
    "/v1/payers/library": "templates that come with the program",
    "/v1/letter-texts": "kinds of letters",
    "/v1/export": "tables that can be exported",
    "/v1/contracts/{contract_id}": "versions of one contract",
    "/v1/unidentified/{name}/candidates": "the best few",
}
OTHER_CURSOR = {"/v1/audit": "before", "/v1/events": "after"}  # positions of a log that only grows
BY_WORKLIST = "/v1/worklists/{kind}"


@pytest.fixture(scope="module")
def site(tmp_path_factory, valkey_url):
    with api_over(tmp_path_factory.mktemp("pages"), valkey_url, rate_limit=1_000_000) as api:
        folder = tmp_path_factory.mktemp("month")
        write_month(folder)
        (folder / "manifest.json").unlink()
        ingest_files(api.app, [folder], "file", projecting=lambda _app: nullcontext())
        api.settle()
        for number in range(4):
            add_person(api.app.engine, f"page-{number}", "biller", ["default"], NOW, password=None)
            add_key(api.app.engine, f"page-{number}", ["default"], NOW)
        api.admin = api.signed_in("admin")
        yield api


def lists(site):
    """Addresses whose answer is an array, with their operations."""
    found = {}
    for path, operations in describe(site.http)["paths"].items():
        operation = operations.get("get")
        if operation is None or not path.startswith("/v1/") or path.startswith("/v1/fhir"):
            continue
        schema = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
        if schema.get("type") == "array":
            found[path] = operation
    return found


def addresses(site):
    (row, *_) = site.admin.get("/v1/worklists/today?limit=1").json()
    for path in lists(site):
        if path in WHOLE or path in OTHER_CURSOR:
            continue
        if path == BY_WORKLIST:
            yield from (path.replace("{kind}", kind) for kind in WORKLISTS)
        elif "{ref}" in path:
            yield path.replace("{ref}", row["ref"])
        elif "{" not in path:
            yield path


def walk(client, address, limit, *, between=lambda _page: None):
    rows, answer = [], client.get(address, params={"limit": limit})
    while True:
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) <= limit
        rows += answer.json()
        if "Link" not in answer.headers:
            return rows
        between(answer)
        answer = client.get(answer.links["next"]["url"])


def test_every_list_has_a_cursor_and_a_limit_or_says_why_not(site):
    for path, operation in lists(site).items():
        names = {each["name"] for each in operation["parameters"]} if "parameters" in operation else set()
        if path in WHOLE:
            assert "cursor" not in names
            continue
        assert {"limit", OTHER_CURSOR.get(path, "cursor")} <= names, path
    assert len(lists(site)) > 25
    assert WHOLE.keys() | OTHER_CURSOR.keys() <= set(lists(site))


def test_every_list_in_pages_is_the_list(site):
    seen = 0
    for address in addresses(site):
        whole = walk(site.admin, address, 500)
        limit = max(1, len(whole) // 4)
        assert walk(site.admin, address, limit) == whole, address
        seen += len(whole) > 1
    assert seen > 20


def test_every_list_has_a_version_that_answers_304(site):
    for address in addresses(site):
        first = site.admin.get(address)
        again = site.admin.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), address
        other = site.admin.get(address, headers={"If-None-Match": '"another"'})
        assert other.status_code == 200, address


def test_whatever_is_read_one_by_one_has_a_version_that_answers_304(site):
    """Every GET of the document that is no list and no file."""
    (row, *_) = site.admin.get("/v1/worklists/today?limit=1").json()
    names = {
        "ref": row["ref"],
        "name": site.admin.get("/v1/remittances?limit=1").json()[0]["ref"],
        "parked_id": site.admin.get("/v1/parked?limit=1").json()[0]["id"],
        "contract_id": "cedar-therapy",
        "event_type": "patient.paid.v1",
        "pack_id": site.admin.get("/v1/rules?limit=1").json()[0]["pack_id"],
        "template": "aetna-commercial",
    }
    seen = set()
    for path, operations in describe(site.http)["paths"].items():
        operation = operations.get("get", {"responses": {}})
        needed = set(re.findall(r"{(\w+)}", path))
        if "304" not in operation["responses"] or path in lists(site) or not needed <= names.keys():
            continue
        address = path.format(**names) + ("?payer=CEDAR" if path == "/v1/payers/terms" else "")
        first = site.admin.get(address)
        if first.status_code == 404 and "name" in needed:  # a name of another kind of thing
            continue
        assert first.status_code == 200, (address, first.text)
        again = site.admin.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"]), address
        assert site.admin.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
        seen.add(path)
    assert {"/v1/claims/{ref}", "/v1/remittances/{name}", "/v1/patterns", "/v1/team", "/v1/session"} <= seen
    assert len(seen) > 15, seen


def test_a_cursor_of_another_list_is_refused_not_followed(site):
    cursors = {}
    for address in addresses(site):
        answer = site.admin.get(address, params={"limit": 1})
        if "Next-Cursor" in answer.headers:
            cursors[address] = answer.headers["Next-Cursor"]
    assert len(cursors) > 15
    for address in cursors:
        for origin, cursor in cursors.items():
            answer = site.admin.get(address, params={"limit": 1, "cursor": cursor})
            assert answer.status_code == (200 if origin == address else 422), (address, origin)
            assert origin == address or answer.json()["type"] == "/problems/list-cursor"
        assert site.admin.get(address, params={"cursor": "forged"}).status_code == 422


@pytest.mark.parametrize(
    ("address", "filters", "others"),
    [
        ("/v1/claims", {"status": "denied"}, {"status": "paid"}),
        ("/v1/claims", {"open": "true", "payer": "CEDAR"}, {"payer": "CEDAR"}),
        ("/v1/findings", {"all": "true"}, {}),
        ("/v1/aging", {"basis": "submission"}, {"basis": "dos"}),
        ("/v1/worklists/today", {"at": "2026-11-06"}, {"at": "2026-11-07"}),
    ],
)
def test_a_cursor_belongs_to_its_filters(site, address, filters, others):
    cursor = site.admin.get(address, params=filters | {"limit": 1}).headers["Next-Cursor"]
    same = site.admin.get(address, params=filters | {"limit": 2, "cursor": cursor})
    assert (same.status_code, len(same.json())) == (200, 2)
    refused = site.admin.get(address, params=others | {"cursor": cursor})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/list-cursor")
    assert "filters" in refused.json()["detail"]


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(site):
    """A list that is read whole, too: rows appear between two pages."""
    before = {row["id"] for row in walk(site.admin, "/v1/people", 500)}
    names = iter(["aaa-first", "page-1b", "zzz-last"])

    def one_more(_page):
        if name := next(names, None):
            add_person(site.app.engine, name, "biller", ["default"], NOW, password=None)

    rows = [row["id"] for row in walk(site.admin, "/v1/people", 2, between=one_more)]
    assert len(rows) == len(set(rows))
    assert before <= set(rows)


def test_claims_that_arrive_between_pages(site):
    before = {row["claim_id"] for row in walk(site.admin, "/v1/claims", 500)}
    arrived = []

    def arrive(_page):
        if len(arrived) < 3:
            name = f"{'AMZ'[len(arrived)]}-BETWEEN"
            arrived.append(name)
            site.publish(event(name))

    rows = [row["claim_id"] for row in walk(site.admin, "/v1/claims", 100, between=arrive)]
    assert len(rows) == len(set(rows))
    assert before <= set(rows)
    assert arrived
