"""No instant that a page or route is asked for is a server error: read, or refused with the parameter's name."""

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from services.web.pages import NAVIGATION
from tests.properties import property_run

ROUTES = ("/v1/aging", "/v1/worklists/today", "/v1/thresholds", "/v1/underpayments", "/v1/findings")
ODD = [
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "soon",
    "2026-02-30",
    "2026-03-02T25:00:00Z",
    " ",
    "1900-01-01",
    "2199-12-31",
    "2199-12-31T23:59:59-14:00",
]


RELAXED = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
PAGES = tuple(path for path, _, _ in NAVIGATION)


@property_run(60, **RELAXED)
@given(st.sampled_from(["at", "as_of", "known_at"]), st.sampled_from(ODD), st.sampled_from([*PAGES, *ROUTES]))
def test_an_odd_instant_is_read_or_refused_by_name(site, name, text, path):
    answer = site.client("a.reyes").get(path, params={name: text})
    assert answer.status_code < 500
    if answer.status_code == 422:
        told = answer.text.lower()
        assert name in told or name.replace("_", " ") in told


@property_run(15, **RELAXED)
@given(
    st.sampled_from(["at", "as_of", "known_at", "payer", "limit", "cursor", "dos_from", "practice"]),
    st.text(max_size=12),
    st.sampled_from([*ROUTES, "/aging", "/", "/patterns"]),
)
def test_no_parameter_makes_it_fail(site, name, text, path):
    assert site.client("a.reyes").get(path, params={name: text}).status_code < 500
