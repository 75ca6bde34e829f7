"""No instant or date that a page or route is asked for is a server error: read, or refused with the parameter's name."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from services.api.routers import routers_of
from tests.properties import IS_LONG, property_run

pytestmark = pytest.mark.fuzz
DATED = ("at", "as_of", "known_at", "before", "first", "last", "dos_from", "dos_to", "due_from", "due_before", "due")
COUNTED = ("year", "months", "limit", "after", "cursor", "age_min", "days_left", "line")
UNREADABLE = ("soon", "2026-02-30", "2026-03-02T25:00:00Z")
ODD = (
    *UNREADABLE,
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    " ",
    "1900-01-01",
    "1900-01-01T00:00:00+14:00",
    "2199-12-31",
    "2199-12-31T23:59:59-14:00",
    "٢٠٢٦-٠٣-٠٢",
    "2026-03-02\x00",
    "-1",
    "9" * 30,
)
NEEDED = {"/v1/payers/terms": {"payer": "MEDICARE"}, "/payers/terms": {"payer": "MEDICARE"}}
ENDLESS = ("/v1/stream", "/sign-in/oidc", "/sign-in/oidc/callback", "/sign-in/link/{token}")


def parameters(dependant) -> Iterator[str]:
    """The names of the query parameters of a route and of all it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from parameters(inner)


def asked():
    """(path, the parameters of it that are dates or numbers) of every page and route that is read."""
    for router in (*routers_of("services.api"), *routers_of("services.web")):
        for route in router.routes:
            names = set(parameters(route.dependant))
            if "GET" in route.methods and names and route.path not in ENDLESS:
                yield route.path, [name for name in (*DATED, *COUNTED) if name in names]


@pytest.fixture(scope="module")
def places(site):
    """What stands in addresses between braces."""
    ref = site.ref(site.client().get("/v1/worklists/today?limit=1", headers={"Accept": "*/*"}).json()[0]["claim_id"])
    return {
        "kind": "today",
        "ref": ref,
        "line": "1",
        "form": "csv",
        "table": "aging",
        "search": "0" * 24,
        "place": "x",
        "event": "0" * 24,
        "name": "0" * 24,
        "patient": "0" * 24,
        "parked_id": "0" * 16,
        "correlation_id": "0" * 32,
        "contract_id": "nobody",
        "pack_id": "appeal-medicare",
        "template": "nobody",
        "endpoint_id": "0" * 24,
        "resource": "Task",
    }


@pytest.mark.parametrize(("path", "names"), [pytest.param(*each, id=each[0]) for each in asked()])
def test_every_parameter_is_read_or_refused_by_name(site, places, path, names):
    address = path.format(**places)
    for turn, name in enumerate(names):
        some = ODD if IS_LONG else (*UNREADABLE[:1], *ODD[turn % 4 :: 4])
        for text in some:
            answer = site.client("root").get(address, params={**NEEDED.get(path, {}), name: text})
            assert answer.status_code < 500, (name, text)
            if answer.status_code == 422:
                told = answer.text.lower()
                assert name in told or name.replace("_", " ") in told, (name, text)
            elif name in DATED and answer.status_code != 404:
                assert text not in UNREADABLE, (name, text, answer.status_code)


RELAXED = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
ADDRESSES = [path for path, _ in asked() if "{" not in path]


@property_run(40, **RELAXED)
@given(
    st.sampled_from(["at", "as_of", "known_at", "payer", "limit", "cursor", "dos_from", "practice", "sort", "cols"]),
    st.text(max_size=12),
    st.sampled_from(ADDRESSES),
)
def test_no_parameter_makes_it_fail(site, name, text, path):
    assert site.client("a.reyes").get(path, params={name: text}).status_code < 500
