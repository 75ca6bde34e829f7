"""A person with several practices stays in the one looked at: no link, form or answer to a form leads to another."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.routing import APIRoute

from services.api.routers import routers_of
from services.demo.month import DEMO_AT
from services.security.people import add_person
from services.web import pages
from tests.services.web.conftest import PASSWORD, signed_in

OTHER = "second"
TEMPLATES = Path(pages.__file__).parent / "templates"
# The person's own, what is the same for all, and what a program reads.
SHARED = ("/sign-out", "/sign-in", "/account", "/static", "/docs", "/v1/session", "/guide/pictures")
LINK = re.compile(r'(?:href|action)="([^"]*)"')


@pytest.fixture(scope="module")
def client(site):
    add_person(site.app.engine, "both", "admin", ["default", OTHER], DEMO_AT, password=PASSWORD)
    made = signed_in(site.base, "both")
    yield made
    made.close()


def addresses():
    """Every page of the desk whose address has no part that varies."""
    routes = [route for router in routers_of("services.web") for route in router.routes if isinstance(route, APIRoute)]
    paths = {route.path for route in routes if "GET" in route.methods and "{" not in route.path}
    return sorted(path for path in paths if not path.startswith(SHARED))


def astray(html):
    """Addresses of links, and of forms that are posted, that name no practice."""
    without_filters = re.sub(r'<form class="(?:filters|panel)" method="get"[^>]*>', "", html)
    found = {unescape(each) for each in LINK.findall(without_filters)}
    ours = {each for each in found if each.startswith("/") and not each.startswith(SHARED)}
    return sorted(each for each in ours if parse_qs(urlsplit(each).query).get("practice") != [OTHER])


def test_every_link_and_form_of_every_page_keeps_the_practice(client):
    seen = 0
    for path in addresses():
        answer = client.get(path, params={"practice": OTHER})
        if answer.headers.get("content-type", "").startswith("text/html") and answer.status_code == 200:
            seen += 1
            switch = re.sub(r'<a href="/\?practice=default">', "", answer.text)
            assert astray(switch) == [], path
    assert seen > 20


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/setup/practice", {"name": "Second", "address": "2 Main St", "seen": "0"}),
        ("/setup/finish", {}),
        ("/letters/refund", {"title": "T", "body": "Hello.", "seen": "0"}),
        ("/keys/00000000/revoke", {}),
        ("/payers/terms", {"do": "edit", "payer": "CEDAR", "called": "Ours", "confirmed": "yes"}),
    ],
)
def test_what_a_form_changes_is_answered_by_the_same_practice(client, path, fields):
    csrf = re.search(r'data-csrf="([0-9a-f]+)"', client.get("/", params={"practice": OTHER}).text)[1]
    answer = client.post(path, params={"practice": OTHER}, data=fields | {"csrf_token": csrf}, follow_redirects=False)
    if answer.status_code == 303:
        assert f"practice={OTHER}" in answer.headers["location"]
        assert not answer.headers["location"].startswith("/v1"), "a page, not its JSON"
    else:
        assert answer.status_code in (404, 409, 422), answer.text[:300]


def test_going_back_to_now_keeps_the_filters(client):
    shown = client.get("/aging", params={"practice": OTHER, "as_of": "2026-10-31", "owner": "patient"}).text
    (back,) = re.findall(r'<a href="([^"]+)">Back to now</a>', shown)
    assert parse_qs(urlsplit(unescape(back)).query) == {"practice": [OTHER], "owner": ["patient"]}


def test_no_template_names_an_address_without_its_practice():
    """Forms that are posted and links go through `url`; sign-in, account and the API are nobody's practice."""
    own = re.compile(r'(?:method="post"[^>]*action|href)="(/(?!static|account|sign-|docs)[^"]*)"')
    found = {
        f"{path.name}: {each}" for path in TEMPLATES.glob("*.html") for each in own.findall(path.read_text("utf-8"))
    }
    assert found <= {"layout.html: /?practice={{ practice | urlencode }}", "error.html: /"}
