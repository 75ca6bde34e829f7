"""Every kind of refusal has a page, and every refusal is of such a kind."""

import importlib
import inspect
import pkgutil
import re

import pytest

import services
from services.api.problem_types import OF_STATUS, PROBLEM_TYPES, type_of_error
from services.api.problems import kind_of
from services.core.errors import ClaimclockError
from services.devtools.problem_catalog import DOCUMENT, page
from tests.laws.code import ROOT

# Never answered over HTTP: the command line, the benchmarks, and processes that nobody asks.
ELSEWHERE = ("services.cli", "services.devtools", "services.demo", "services.scheduler", "services.messaging.batch_")


def errors():
    """Every error of ours that an answer can be made of."""
    for found in pkgutil.walk_packages(services.__path__, "services."):
        if not found.name.startswith((*ELSEWHERE, "services.migrations")):
            for _, each in inspect.getmembers(importlib.import_module(found.name), inspect.isclass):
                if issubclass(each, ClaimclockError) and each.__module__ == found.name and each is not ClaimclockError:
                    yield each


def test_every_error_has_a_kind_of_its_own():
    found = {each: type_of_error(each, each.http_status).name for each in errors()}
    assert len(found) > 40
    lacking = [each.__name__ for each, name in found.items() if name.replace("-", "") != _short(each)]
    assert lacking == []


def test_no_kind_is_left_without_its_error():
    assert set(PROBLEM_TYPES) - {type_of_error(each, 500).name for each in errors()} <= set(OF_STATUS.values())


def test_an_error_from_elsewhere_is_of_the_nearest_kind():
    class OddUsageError(importlib.import_module("services.core.errors").UsageError):
        pass

    assert kind_of(OddUsageError("odd")).name == "usage"
    assert kind_of(ClaimclockError("odd")).name == "internal-error"


@pytest.mark.parametrize("name", sorted(PROBLEM_TYPES))
def test_each_has_a_page(api, name):
    found = PROBLEM_TYPES[name]
    answer = api.client().get(found.address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert found.address in answer.text
    assert f'href="{found.address}"' in api.client().get("/problems").text


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v1/nowhere", 404, "not-found"),
        ("GET", "/problems/nowhere", 404, "not-found"),
        ("PUT", "/v1/events", 405, "method-not-allowed"),
        ("POST", "/v1/search", 422, "invalid-request"),
        ("POST", "/v1/events", 415, "unsupported-type"),
        ("GET", "/v1/claims?cursor=odd", 422, "bad-cursor"),
        ("GET", "/v1/audit", 403, "forbidden"),
    ],
)
def test_the_type_of_an_answer_leads_to_its_page(api, method, path, status, name):
    answer = api.keyed().request(method, path, headers={"content-type": "text/odd"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")
    assert answer.json()["title"] == PROBLEM_TYPES[name].title
    assert api.client().get(answer.json()["type"]).status_code == 200


def test_without_a_key(api):
    assert api.client().get("/v1/claims").json()["type"] == "/problems/not-signed-in"


def test_docs_hold_the_same():
    assert DOCUMENT.read_text("utf-8") == page(), "python -m services.devtools.problem_catalog"


def test_statuses_of_the_code_have_a_kind():
    """A bare `problem(418)` would be told of as malformed."""
    for path in (ROOT / "services" / "api").glob("*.py"):
        for status in re.findall(r"\bproblem\(\s*(\d{3})", path.read_text("utf-8")):
            assert int(status) in OF_STATUS, path


def _short(each):
    return each.__name__.removesuffix("Error").lower()
