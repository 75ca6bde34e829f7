"""Every form of every page, sent with what nobody should type: the answer is a page in words, never an accident."""

import re
from html.parser import HTMLParser

import pytest
from fastapi.routing import APIRoute

from services.api.routers import routers_of
from tests.services.web.conftest import made_site

NASTY = ("13/45", "9" * 400, "x" * 30_000, "\u0663\u0661", "1e999", "-1", "\x00", "'\"><b>", "nan")
USUAL = {  # what makes the rest of a form good, so that the odd field is reached
    "name": "Somebody",
    "role": "biller",
    "address": "https://hooks.example/in",
    "least": "0",
    "recipient": "A\nB",
    "zone": "",
    "do": "send",
    "to": "Ann",
    "title": "Aetna first",
    "amount_min": "200",
}
SKIPPED = ("/sign-out", "/account/password", "/v1/session")  # would end the session the test goes on with


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: where to, and their fields with what is in them."""

    def __init__(self):
        super().__init__()
        self.found, self._form, self._select = [], None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and given.get("method", "").lower() == "post":
            self._form = (given.get("action", ""), {})
            self.found.append(self._form)
        elif self._form and tag in ("input", "textarea", "select", "button") and given.get("name"):
            if given.get("type") != "file":
                self._form[1].setdefault(given["name"], given.get("value") or "")
            self._select = given["name"] if tag == "select" else None
        elif self._form and self._select and tag == "option":
            self._form[1][self._select] = self._form[1][self._select] or given.get("value") or ""

    def handle_endtag(self, tag):
        self._form = None if tag == "form" else self._form


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    with made_site(tmp_path_factory.mktemp("odd")) as made:
        yield made


def pages(site):
    ref, disputed = site.ref("BT100122"), site.ref("BT100222")
    return [
        *("/people", "/webhooks", "/contracts", "/rules", "/payers", "/payers/CEDAR", "/setup/practice", "/setup/keys"),
        *("/letters/appeal", f"/claims/{ref}/letters/appeal", "/visits/closed", "/worklists/authorization"),
        *("/underpayments/letter?payer=CEDAR&procedure=97110&rate=31.00", "/unidentified", "/upload", "/estimate"),
        *(f"/claims/{ref}", f"/claims/{disputed}", f"/claims/{ref}/paper-eob", "/deposits", "/operations", "/learned"),
        *("/setup", "/account", "/", "/underpayments", "/remittances", "/team", "/routing"),
    ]


def test_no_form_can_be_broken(scratch):
    client = scratch.client("root")
    seen, tried, broken = set(), 0, []
    for address in pages(scratch):
        page = client.get(address)
        assert page.status_code < 500, address
        parser = Forms()
        parser.feed(page.text)
        for action, fields in parser.found:
            target = action or address
            if (target, tuple(fields)) in seen or target.startswith(SKIPPED):
                continue
            seen.add((target, tuple(fields)))
            for name in fields.keys() - {"csrf_token"}:
                for value in NASTY if len(fields) < 12 else NASTY[:5]:
                    answer = client.post(target, data=fields | {name: value})
                    tried += 1
                    if answer.status_code >= 500:
                        broken.append((target.split("?")[0], name, value[:12], answer.status_code))
    assert broken == []
    assert len(seen) > 15
    assert tried > 300


def posted():
    """Every address of the desk that takes a POST, by its routes: a new form cannot be missed. Programs' are /v1."""
    routes = [route for router in routers_of("services.web") for route in router.routes]
    found = [route for route in routes if isinstance(route, APIRoute) and "POST" in route.methods]
    return [route for route in found if not route.path.startswith(("/v1", "/scim", "/fhir", *SKIPPED))]


def body_of(dependant):
    """The parts of the body that a route, or what it depends on, asks for."""
    return [*dependant.body_params, *(each for inner in dependant.dependencies for each in body_of(inner))]


def fields_of(route):
    """Names of all that its form may hold, files apart."""
    names = set()
    for each in body_of(route.dependant):
        model = each.field_info.annotation
        inside = getattr(model, "model_fields", None)
        names |= {field.alias or name for name, field in inside.items()} if inside else {each.alias}
    return sorted(names - {"file", "csrf_token"})


def test_no_address_that_takes_a_form_can_be_broken(scratch):
    """As the forms of pages, for every such address, whether a page shows its form just now or not."""
    client = scratch.client("root")
    csrf = re.search(r'data-csrf="([0-9a-f]+)"', client.get("/").text)[1]
    ref = scratch.ref("BT100122")
    broken, tried = [], 0
    routes = posted()
    for route in routes:
        names = fields_of(route)
        for inside in (ref, "x"):
            target = re.sub(r"\{[^}]*\}", inside, route.path)
            usual = {name: USUAL.get(name, "1") for name in names}
            for name in names or [""]:
                for value in (NASTY[0], NASTY[4], NASTY[6]):
                    odd = usual | ({name: value} if name else {})
                    answer = client.post(target, data=odd | {"csrf_token": csrf})
                    tried += 1
                    if answer.status_code >= 500:
                        broken.append((route.path, name, value[:12], answer.status_code))
            if "{" not in route.path:
                break
    assert broken == []
    assert tried > 3 * len(routes) > 60


@pytest.mark.parametrize(
    "address",
    [
        "/underpayments/letter?payer=&procedure=",
        "/underpayments/letter?payer=CEDAR&procedure=97110&rate=abc",
        "/worklists/denial?age=x&amount_min=nan&due_from=13/45",
        "/aging?as_of=2026-99-99",
        "/team?days=99999999999999999999",
    ],
)
def test_no_address_can_break_a_page(scratch, address):
    assert scratch.client("root").get(address).status_code < 500
