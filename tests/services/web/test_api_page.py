"""The page of the HTTP API in a real browser: an operation is tried there, with a key that nothing keeps."""

import json

import pytest

from services.demo.month import DEMO_AT
from services.security.keys import add_key

pytestmark = pytest.mark.browser


@pytest.fixture
def docs(open_page, site):
    """The page, its operations by name, and a key."""
    _, key = add_key(site.app.engine, "docs", ("default",), DEMO_AT, role="admin")
    page = open_page("/docs", name=None)

    def operation(name):
        found = page.locator("section").filter(has=page.locator("h2 code").get_by_text(name, exact=True))
        found.get_by_text("Try it").click()
        return found

    return page, operation, key


def answer_of(operation, status):
    operation.get_by_role("button", name="Send").click()
    operation.get_by_role("status").filter(has_text=status).wait_for()
    return operation.locator("pre").inner_text()


def test_an_operation_is_tried_with_a_key(docs):
    page, operation, key = docs
    page.get_by_label("API key").fill(key)
    claims = operation("GET /v1/claims")
    claims.get_by_label("limit", exact=True).fill("2")
    told = answer_of(claims, "200")
    assert "ratelimit:" in told
    assert len(json.loads(told.partition("\n\n")[2])) == 2
    search = operation("POST /v1/search")
    search.get_by_label("Body").fill('{"claim_id": "BT100122"}')
    (ref,) = json.loads(answer_of(search, "200").partition("\n\n")[2])["refs"]
    one = operation("GET /v1/claims/{ref}")
    one.get_by_label("ref", exact=True).fill(ref)
    assert '"claim_id": "BT100122"' in answer_of(one, "200")


def test_a_file_is_tried(docs):
    page, operation, key = docs
    page.get_by_label("API key").fill(key)
    edi = operation("POST /v1/edi")
    edi.get_by_label("Content-Type").select_option("multipart/form-data")
    edi.get_by_label("or a file").set_input_files(
        {"name": "a.edi", "mimeType": "text/plain", "buffer": b"no X12, tried on the page"}
    )
    told = json.loads(answer_of(edi, "202").partition("\n\n")[2])
    intake = operation("GET /v1/intake/{correlation_id}")
    intake.get_by_label("correlation_id", exact=True).fill(told["correlation_id"])
    for _ in range(100):  # what came of it is final once it is projected
        came = json.loads(answer_of(intake, "200").partition("\n\n")[2])
        if came["projected"]:
            break
        page.wait_for_timeout(100)
    assert came["parked"] == 1


def test_the_key_is_kept_nowhere(docs):
    page, operation, key = docs
    page.get_by_label("API key").fill(key)
    answer_of(operation("GET /v1/payers"), "200")
    kept = page.evaluate(
        "[JSON.stringify({...localStorage, ...sessionStorage}), document.cookie, location.href].join()"
    )
    assert key not in kept
    page.goto("/problems/not-signed-in")
    page.go_back()
    assert page.get_by_label("API key").input_value() == ""


def test_without_a_key_the_answer_leads_to_its_page(docs, open_page):
    page, operation, _ = docs
    told = answer_of(operation("GET /v1/aging"), "401")
    page.goto(json.loads(told.partition("\n\n")[2])["type"])
    assert page.get_by_role("heading", name="Not signed in").is_visible()
    open_page.complaints.clear()  # the browser itself complains of any 401
