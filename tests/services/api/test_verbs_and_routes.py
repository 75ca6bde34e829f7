"""Every verb that reads and its route give the same JSON: each row of the table of docs/integration.md is a case."""

import csv
import io
import json
import re
from contextlib import nullcontext

import jsonschema
import pytest
from typer.testing import CliRunner

from services.api.openapi import describe
from services.cli.main import build
from services.commands.ingest import ingest_files
from services.core.clock import SystemClock
from services.demo.month import write_month
from services.projector.rule_pack_files import read_content
from services.scheduler.scheduler import make_scheduler
from services.security.keys import add_key
from services.security.people import add_person
from tests.laws.code import ROOT
from tests.laws.test_doors import ROUTE, stated
from tests.services.api.conftest import NOW, api_over
from tests.services.scheduler.conftest import turn

WRITING = {
    *("ingest", "watch", "carry-over", "letter", "close-visit", "reopen-visit", "login-link"),
    *("assign-item", "snooze-item", "note-item", "close-item", "reopen-item"),
    *("routing save", "routing end", "routing queue", "routing remove-queue"),
    *("payers adopt", "payers publish", "payers edit", "payers merge"),
    *("rules publish", "rules import", "contracts publish"),
    *("user add", "user disable", "user enable", "user role", "user password", "user connect"),
    *("user remove-second-factor", "key add", "key revoke"),
    *(f"webhooks {act}" for act in ("add", "rotate", "test", "pause", "resume", "remove", "replay")),
}
TERMS = {
    "contract_id": "cedar-therapy",
    "version": "9",
    "scope": {"payer_id": "CEDAR"},
    "effective_from": "2026-01-01",
    "method": "per_unit",
    "rates": [{"procedure": "97110", "amount": "99.00"}],
}
RULE = {"name": "Large denials", "lists": ["denial"], "amount_min": "100", "hold_days": 3}
RULE_WORDS = ["Large denials", "lists=denial", "amount_min=100", "hold_days=3"]
EMPTY_HERE = {"rules learned", "changes"}  # a month teaches no rule


@pytest.fixture(scope="module")
def office(tmp_path_factory, valkey_url):
    """A month of files with people, keys, an endpoint, a routing rule, alerts and a delivery."""
    patch = pytest.MonkeyPatch()
    patch.setattr(SystemClock, "now", lambda _self: NOW)
    with api_over(tmp_path_factory.mktemp("office"), valkey_url, rate_limit=1_000_000) as api:
        folder = tmp_path_factory.mktemp("month")
        write_month(folder)
        (folder / "manifest.json").unlink()
        ingest_files(api.app, [folder], "file", projecting=lambda _app: nullcontext())
        api.settle()
        api.folder = folder
        turn(make_scheduler(api.app))
        api.settle()
        add_person(api.app.engine, "pat", "biller", ["default"], NOW, password=None)
        add_key(api.app.engine, "warehouse", ["default"], NOW)
        api.admin = api.signed_in("admin")
        made = api.admin.post("/v1/webhooks", json={"name": "billing", "address": "https://example.org/hook"})
        assert made.status_code == 201, made.text
        api.admin.post(f"/v1/webhooks/{made.json()['id']}/test", json={})
        api.admin.post("/v1/routing/rules", json=RULE)
        yield api
    patch.undo()


def told(api, *words):
    words = [*words, "--json", *(() if "library" in words else ("--data", str(api.app.settings.data_dir)))]
    found = CliRunner().invoke(build(words), words)
    assert found.exit_code == 0, (found.output, found.exception)
    return json.loads(found.stdout)


def read(api, address, body=None):
    """All pages of what a route answers."""
    found = []
    answer = api.admin.get(address) if body is None else api.admin.post(address, json=body)
    while True:
        assert answer.status_code == 200, answer.text
        if isinstance(answer.json(), dict):
            return answer.json()
        found += answer.json()
        if "Link" not in answer.headers:
            return found
        answer = api.admin.get(answer.links["next"]["url"])


def first(api, address):
    (row, *_) = api.admin.get(f"{address}{'&' if '?' in address else '?'}limit=1").json()
    return row


def a_file(api, name, content):
    path = api.folder.parent / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


READING = {
    "worklist": lambda api: (["today"], "/v1/worklists/today?limit=97", None),
    "claim": lambda api: (
        [first(api, "/v1/claims")["claim_id"]],
        f"/v1/claims/{first(api, '/v1/claims')['ref']}",
        None,
    ),
    "claims": lambda api: (["--sort", "claim"], "/v1/claims?limit=97", None),
    "thresholds": lambda api: ([], "/v1/thresholds?limit=17", None),
    "aging": lambda api: ([], "/v1/aging", None),
    "underpayments": lambda api: ([], "/v1/underpayments?limit=7", None),
    "deposits": lambda api: ([], "/v1/deposits?limit=7", None),
    "team": lambda api: ([], "/v1/team", None),
    "match": lambda api: (["list"], "/v1/unidentified", None),
    "alerts": lambda api: ([], "/v1/alerts?limit=7", None),
    "patterns": lambda api: ([], "/v1/patterns", None),
    "changes": lambda api: ([], "/v1/payer-changes", None),
    "findings": lambda api: ([], "/v1/findings?limit=17", None),
    "visit": lambda api: ([_visit(api)], "/v1/visits", {"visit_id": _visit(api)}),
    "estimate": lambda api: (
        ["--payer", "MEDICARE", "--dos", "2026-03-02", "--discipline", "PT", "--timed", "97530:23"],
        "/v1/estimate",
        {
            "payer": "MEDICARE",
            "dos": "2026-03-02",
            "discipline": "PT",
            "timed": [{"procedure": "97530", "minutes": 23}],
        },
    ),
    "what-if": lambda api: (
        ["--contract", a_file(api, "terms.json", TERMS)],
        "/v1/what-if",
        {"contracts": [TERMS]},
    ),
    "parked": lambda api: ([], "/v1/parked?limit=2", None),
    "routing list": lambda api: ([], "/v1/routing", None),
    "routing try": lambda api: ([*RULE_WORDS], "/v1/routing/try", RULE),
    "payers list": lambda api: ([], "/v1/payers", None),
    "payers show": lambda api: (["CEDAR"], "/v1/payers/terms?payer=CEDAR", None),
    "payers library": lambda api: (["aetna-commercial"], "/v1/payers/library/aetna-commercial", None),
    "rules list": lambda api: ([], "/v1/rules?limit=7", None),
    "rules show": lambda api: (["kx"], "/v1/rules/packs/kx", None),
    "rules status": lambda api: ([], "/v1/rules/status", None),
    "rules lists": lambda api: ([], "/v1/rules/lists", None),
    "rules learned": lambda api: ([], "/v1/rules/learned", None),
    "contracts list": lambda api: ([], "/v1/contracts", None),
    "user list": lambda api: ([], "/v1/people", None),
    "key list": lambda api: ([], "/v1/keys", None),
    "webhooks list": lambda api: ([], "/v1/webhooks", None),
    "webhooks deliveries": lambda api: ([_endpoint(api)], f"/v1/webhooks/{_endpoint(api)}/deliveries", None),
}
OTHERWISE = {
    "export": "files: compared row by row below",
    "audit": "each reading is written down: compared below without the last entries",
    "rules diff": "compared below, from a file",
    "contracts check": "a form with a file: compared below",
}


def _visit(api):
    return first(api, "/v1/visits")["visit_id"]


def _endpoint(api):
    return first(api, "/v1/webhooks")["id"]


def test_every_verb_of_the_table_reads_writes_or_has_no_route():
    without = {verb for verb, cell in stated().items() if cell.startswith("none: ")}
    assert READING.keys() | OTHERWISE.keys() | WRITING | without == stated().keys()
    assert not (READING.keys() | OTHERWISE.keys()) & (WRITING | without)


@pytest.mark.parametrize("verb", READING)
def test_a_verb_and_its_route_give_the_same(office, verb):
    words, address, body = READING[verb](office)
    asked = ROUTE.findall(stated()[verb])
    path = address.partition("?")[0].split("/")
    assert any(_fits(route.split(" ")[1].split("/"), path) for route in asked), (verb, asked)
    found = told(office, *verb.split(), *words)
    assert found == read(office, address, body)
    template = next(route for route in asked if _fits(route.split(" ")[1].split("/"), path))
    closed_answer(office, template).validate(found)
    assert found or verb in EMPTY_HERE, "nothing was compared"


def closed_answer(api, route):
    """Checks that an answer of a route has what the document says of it, and nothing else."""
    method, path = route.split(" ")
    document = closed(describe(api.http))
    schema = document["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {"components": document["components"], **schema}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def closed(part):
    """The document with every object that it describes closed to anything more."""
    if isinstance(part, list):
        return [closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {name: closed(each) for name, each in part.items()}
    if isinstance(part.get("properties"), dict) and part.get("additionalProperties") in (None, True):
        found["additionalProperties"] = False
    return found


def _fits(pattern, path):
    return len(pattern) == len(path) and all(p == q or p.startswith("{") for p, q in zip(pattern, path, strict=True))


def test_exports(office, tmp_path):
    told(office, "export", str(tmp_path / "out"), "--format", "csv")
    for table in ("claims", "events"):
        sent = list(csv.reader(io.StringIO(office.admin.get(f"/v1/export/{table}?format=csv").text)))
        written = (tmp_path / "out" / f"{table}.csv").read_text("utf-8")
        assert sent == list(csv.reader(io.StringIO(written)))
        assert len(sent) > 100


def test_the_audit(office):
    rows = {row["seq"]: row for row in office.admin.get("/v1/audit?limit=500").json()}
    listed = [row for row in told(office, "audit", "--limit", "2000") if row["seq"] in rows and row["who"] != "cli"]
    assert len([row for row in listed if row == rows[row["seq"]]]) > 20


def test_a_pack_that_is_tried(office):
    path = ROOT / "projections" / "rulepacks" / "kx.toml"
    pack = read_content(path)
    assert told(office, "rules", "diff", str(path)) == read(office, "/v1/rules/diff", pack)


def test_a_contract_that_is_tried(office):
    path = a_file(office, "tried.json", TERMS)
    form = {"file": ("tried.json", json.dumps(TERMS).encode())}
    answer = office.admin.post("/v1/contracts/import?dry_run=true", files=form)
    found = told(office, "contracts", "check", path)
    assert answer.status_code in (200, 422), answer.text
    assert found["notices"] == answer.json()["notices"]


def test_pages_are_as_the_document_says(office):
    """Many of each kind: what most of them lack is declared too."""
    claims = read(office, "/v1/claims?limit=500")
    pages = {
        "GET /v1/claims/{ref}": [f"/v1/claims/{row['ref']}" for row in claims[::9]],
        "GET /v1/remittances/{name}": [f"/v1/remittances/{r['ref']}" for r in read(office, "/v1/remittances")[::3]],
        "GET /v1/unidentified/{name}": [f"/v1/unidentified/{r['name']}" for r in read(office, "/v1/unidentified")],
        "GET /v1/payers/terms": [f"/v1/payers/terms?payer={r['payer_id']}" for r in read(office, "/v1/payers")],
        "GET /v1/rules/packs/{pack_id}": [f"/v1/rules/packs/{r['pack_id']}" for r in read(office, "/v1/rules")][::4],
        "GET /v1/contracts/{contract_id}": ["/v1/contracts/cedar-therapy"],
        "GET /v1/payers/library/{template}": ["/v1/payers/library/aetna-commercial"],
        "GET /v1/team/weekly": ["/v1/team/weekly"],
        "GET /v1/session": ["/v1/session"],
        "GET /v1/underpayments": ["/v1/underpayments?groups=true"],
        "GET /v1/patterns": ["/v1/patterns?by=payer", "/v1/patterns?by=month", "/v1/patterns?by=code"],
        "GET /v1/findings": ["/v1/findings?all=true&limit=500"],
        "GET /v1/findings/score": ["/v1/findings/score"],
        "GET /v1/audit": ["/v1/audit"],
    }
    wrong = []
    for route, addresses in pages.items():
        checker = closed_answer(office, route)
        assert addresses, route
        for address in addresses:
            faults = checker.iter_errors(office.admin.get(address).json())
            wrong += [f"{route} {list(fault.absolute_path)}: {fault.message[:200]}" for fault in faults]
    assert not wrong, "\n".join(dict.fromkeys(re.sub(r"\d+", "N", text) for text in wrong))
