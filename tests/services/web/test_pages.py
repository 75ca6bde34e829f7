"""Every page as it comes over the wire: shown to whom it may concern, nothing inline, no patient in an address."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.api.session import own_address
from services.commands.desk_settings import DeskSettings
from services.core.errors import NotFoundError
from services.demo.month import DEMO_AT
from services.presentation.labels import WORKLISTS
from services.reads.find import find
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext
from services.reads.remittances import remittances

PLAIN = [
    "/",
    *(f"/worklists/{kind}" for kind in WORKLISTS),
    "/thresholds",
    "/aging",
    "/aging?owner=patient&basis=submission",
    "/aging/claims",
    "/aging/claims?bucket=121%2B&payer=MEDICARE",
    "/patterns",
    "/underpayments",
    "/remittances",
    "/deposits",
    "/paper-eob",
    "/operations",
    "/operations?all=true",
    "/upload",
    "/estimate",
    "/rules",
    "/rules/learned",
]


def desk_of(site):
    return ReadContext(engine=site.app.engine, references=site.app.references, practice="default", at=DEMO_AT)


def deep(site):
    """Pages whose address holds an opaque name."""
    context = desk_of(site)
    claim = site.ref("BT100122")
    return [
        f"/claims/{claim}",
        f"/claims/{claim}?as_of=2026-07-01",
        f"/claims/{claim}/paper-eob",
        f"/underpayments/{site.ref('BT100221')}/1",
        f"/thresholds/{patient_ref(context, '0T35Y21PK06')}",
        f"/remittances/{remittances(context).items[0]['ref']}",
    ]


@pytest.fixture(scope="module")
def shown(site):
    """Every page a manager sees, and the auditor's."""
    client = site.client()
    pages = {path: client.get(path) for path in [*PLAIN, *deep(site)]}
    pages["/audit"] = site.client("a.reyes").get("/audit?check=true")
    return pages


def test_every_page_is_there(shown):
    assert {path: answer.status_code for path, answer in shown.items() if answer.status_code != 200} == {}


def test_pages_hold_nothing_the_policy_forbids(shown):
    """Neither inline script nor style, nor anything of another address."""
    for path, answer in shown.items():
        text = answer.text
        assert "'unsafe" not in answer.headers["Content-Security-Policy"], path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path
        assert all(re.search(r"\ssrc=", tag) for tag in re.findall(r"<script[^>]*>", text)), path
        assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//[^\"]*", text) == [], path


def test_no_address_names_a_claim_or_a_patient(shown, site):
    client = site.client()
    rows = client.get("/v1/worklists/today?limit=500").json()
    known = {row[name] for row in rows for name in ("claim_id", "patient_id") if row[name]}
    known = re.compile("|".join(map(re.escape, sorted(known))))
    for path, answer in shown.items():
        for address in re.findall(r"(?:href|src|action|data-fetch|data-to|data-post)=\"([^\"]*)\"", answer.text):
            assert not known.search(address), f"{path}: {address}"


def test_lists_show_no_whole_patient_id(shown, site):
    patients = {row["patient_id"] for row in site.client().get("/v1/thresholds").json()}
    assert patients
    for path in PLAIN:
        assert not [patient for patient in patients if patient in shown[path].text], path


def test_strangers_are_sent_to_the_sign_in_page(site):
    with httpx.Client(base_url=site.base, headers={"Accept": "text/html"}) as nobody:
        for path in [*PLAIN, *deep(site)]:
            answer = nobody.get(path)
            assert answer.status_code == 303, path
            assert own_address(parse_qs(urlsplit(answer.headers["location"]).query).get("next", ["/"])[0]) == path


def test_roles_see_what_they_may(site):
    biller, auditor = site.client("n.abara"), site.client("a.reyes")
    assert biller.get("/audit").status_code == 403
    assert "Your role" in biller.get("/audit").text or "may not" in biller.get("/audit").text
    assert auditor.get("/upload").status_code == 403
    assert 'href="/audit"' not in biller.get("/").text
    assert 'href="/upload"' not in auditor.get("/").text
    assert "Contracts in force" not in biller.get("/operations").text
    assert "Write off" not in biller.get("/").text
    assert "Write off" in site.client().get("/").text
    assert 'id="act"' not in auditor.get("/").text


def test_an_unknown_address_is_a_page_too(site):
    answer = site.client().get("/claims/000000000000000000000000")
    assert answer.status_code == 404
    assert "No such claim in this practice." in answer.text
    assert site.client().get("/nowhere").status_code == 404
    assert site.client().get("/worklists/nothing").status_code == 422
    assert site.client().get("/?cursor=made-up").status_code == 422


def test_signing_in_by_the_form(site):
    with httpx.Client(base_url=site.base, headers={"Accept": "text/html"}) as client:
        wrong = client.post("/sign-in", data={"name": "<b>j.park", "password": "not this one"})
        assert wrong.status_code == 401
        assert "The name or the password is wrong." in wrong.text
        assert "<b>" not in wrong.text
        right = client.post("/sign-in", data={"name": "J.Park", "password": "correct horse battery"})
        assert (right.status_code, right.headers["location"]) == (303, "/")
        assert client.get("/").status_code == 200
        csrf = re.search(r'data-csrf="([0-9a-f]+)"', client.get("/").text)[1]
        assert client.post("/sign-out", data={"csrf_token": "wrong"}).status_code == 403
        assert client.post("/sign-out", data={"csrf_token": csrf}).status_code == 303
        assert client.get("/").status_code == 303


def test_another_site_cannot_sign_anybody_in(site):
    answer = httpx.post(
        f"{site.base}/sign-in", data={"name": "j.park"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403


def test_a_claim_is_found_by_number_without_an_address_that_tells_it(site):
    client = site.client()
    answer = client.post("/find", data={"text": " BT100122 "})
    assert answer.headers["location"] == f"/claims/{site.ref('BT100122')}"
    nothing = client.post("/find", data={"text": "NO-SUCH"})
    assert re.fullmatch(r"/find/[0-9a-f]{24}", nothing.headers["location"])
    assert "Nothing found" in client.get(nothing.headers["location"]).text


def test_filters_and_time_stay_in_every_link(site):
    text = site.client().get("/worklists/denial?payer=TAMARACK&at=2026-11-01").text
    claims = re.findall(r'<a class="go" href="([^"]+)"', text)
    assert claims
    assert all(parse_qs(urlsplit(link).query)["at"] == ["2026-11-01"] for link in claims)
    assert set(re.findall(r"TAMARACK|LAKESHORE|MEDICARE ·", text.split("<tbody>")[1])) == {"TAMARACK"}
    assert 'href="/worklists/denial/file.csv?at=2026-11-01&amp;payer=TAMARACK"' in text


def test_lists_go_on_where_the_page_ends(site):
    client, seen, path = site.client(), [], "/"
    for _ in range(10):
        text = client.get(path).text
        seen += re.findall(r'data-row="([^"]+)"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if not following:
            break
        path = following[1].replace("&amp;", "&")
    whole = client.get("/v1/worklists/today?limit=500&lost=false").json()
    wanted = [(row["kind"], row["item"]) for row in whole]
    assert [(row.split("-", 2)[0], row.split("-", 2)[2]) for row in seen] == wanted


def test_the_due_window_narrows(site):
    client = site.client()
    whole = client.get("/v1/worklists/denial?limit=500").json()
    assert len(re.findall("data-row", client.get("/worklists/denial?due=overdue").text)) == sum(
        r["overdue"] for r in whole
    )
    soon = re.findall(r'data-label="due"><span class="wait (\w+)', client.get("/worklists/denial?due=3").text)
    assert soon
    assert set(soon) == {"soon"}


def test_the_past_is_shown_and_cannot_be_changed(site):
    text = site.client().get(f"/claims/{site.ref('BT100122')}?as_of=2026-06-30").text
    assert "Nothing can be changed here" in text
    assert 'id="act"' not in text
    assert "Accepted" in text
    assert "First appeal" not in text


def test_files_are_kept_under_their_version(site):
    text = site.client().get("/").text
    address = re.search(r'href="(/static/[0-9a-f]{12}/desk.css)"', text)[1]
    with httpx.Client(base_url=site.base) as nobody:
        assert "immutable" in nobody.get(address).headers["Cache-Control"]
        older = re.sub(r"/static/[0-9a-f]{12}/", "/static/000000000000/", address)
        assert nobody.get(older).headers["Cache-Control"] == "no-cache"
        assert nobody.get("/static/000000000000/pages.py").status_code == 404


def test_the_theme_is_there_before_any_script(site):
    with httpx.Client(base_url=site.base) as nobody:
        assert '<html lang="en" data-theme="dark">' in nobody.get("/sign-in", headers={"Cookie": "theme=dark"}).text
        assert "data-theme" not in nobody.get("/sign-in", headers={"Cookie": 'theme="x"><script>'}).text


def test_reading_leaves_a_trace(site):
    site.client("n.abara").get(f"/claims/{site.ref('BT100205')}")
    rows = site.client("a.reyes").get("/v1/audit?limit=50").json()
    assert ("GET /claims/{ref}", site.ref("BT100205")) in {(row["action"], row["ref"]) for row in rows}


def test_an_amount_that_is_not_known_is_not_called_expected(site):
    told = site.client().get(f"/claims/{site.ref('OLD-77120')}").text
    assert "Why the expected amount is unknown" in told
    assert "is expected" not in told


def test_a_line_paid_as_another_code_says_what_it_is_short_of(shown):
    """Its expected and allowed amounts are alike: both are those of the code the payer decided on."""
    assert "Paid as another code, below the rate of the code billed" in shown["/underpayments"].text


def test_signing_in_leads_back_to_the_address_and_nowhere_else(site):
    with httpx.Client(base_url=site.base, headers={"Accept": "text/html"}) as client:
        asked = "/worklists/denial?payer=LAKESHORE&amount_min=200"
        location = client.get(asked).headers["location"]
        assert client.get(location).text.count('name="next"') == 1
        given = {"name": "j.park", "password": "correct horse battery", "next": asked}
        assert client.post("/sign-in", data=given).headers["location"] == asked
        for elsewhere in ("//evil.example/x", "https://evil.example", "/\\evil.example", "/v1/claims", "/ x"):
            answer = client.post("/sign-in", data=given | {"next": elsewhere})
            assert answer.headers["location"] == "/", elsewhere


def test_pages_are_small_on_the_wire(site, report):
    client = site.client()
    with client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        wire = sum(len(piece) for piece in answer.iter_raw())
    report(f"All open work: {wire:,} bytes on the wire")
    assert wire < 30_000


@pytest.mark.parametrize(
    ("typed", "group"),
    [
        ("BT1002", "Claim number"),
        ("100222", "Part of a claim number"),
        ("10/02/2026", "Date of service"),
        ("2026-10-02", "Date of service"),
        ("Oct 2, 2026", "Date of service"),
        ("$286.00", "Charge"),
        ("V100559", "Visit"),  # no claim bills it
    ],
)
def test_search_takes_whatever_is_at_hand(site, typed, group):
    client = site.client()
    place = client.post("/find", data={"text": typed}).headers["location"]
    if place.startswith("/claims/"):
        return
    assert re.fullmatch(r"/find/[0-9a-f]{24}", place)
    assert f"<caption>{group}" in client.get(place).text


def test_a_claim_is_found_by_everything_it_has(site):
    """Name in either order, member id, check and payer number lead to the same claim."""
    context = desk_of(site)
    with context.rows() as rows:
        claim = READ_TABLES["claim"]
        row = rows.execute(
            select(claim).where(claim.c.patient_name.is_not(None), claim.c.payer_number.is_not(None))
        ).first()
    last, first = row.patient_name.split(", ")
    for typed in (row.patient_name, f"{first} {last}", last.lower(), row.member_id, row.payer_number, row.patient_id):
        claims = {claim["claim_id"] for group in find(context, typed) for claim in group.claims}
        assert row.claim_id in claims, typed
    check = remittances(context).items[0]["trace_number"]
    assert [c["trace_number"] for group in find(context, check) for c in group.checks] == [check]


def test_a_search_is_bound_to_its_practice_and_its_readers(site):
    client = site.client()
    place = client.post("/find", data={"text": "NO-SUCH"}).headers["location"]
    assert site.client("n.abara").get(place).status_code == 200
    with pytest.raises(NotFoundError):
        DeskSettings(site.app.engine, site.app.settings).kept_filter("other", place.rpartition("/")[2])


def test_a_filter_by_text_stands_in_no_address_and_goes_into_links_and_files(site):
    client = site.client()
    whole = client.get("/v1/worklists/denial?limit=500").json()
    claim_id = whole[0]["claim_id"]
    place = client.post("/worklists/denial/search?payer=", data={"text": claim_id}).headers["location"]
    assert claim_id not in place
    text = client.get(place).text
    assert len(re.findall("data-row=", text)) == 1
    file = re.search(r'href="([^"]+file.csv[^"]*)"', text)[1].replace("&amp;", "&")
    told = client.get(file).text
    assert told.count("\n") == 3
    assert f"Search {claim_id}" in told.splitlines()[0]


def test_bad_input_marks_the_field_and_keeps_the_page(site):
    answer = site.client().get("/worklists/denial?amount_min=abc&payer=LAKESHORE")
    assert answer.status_code == 422
    assert 'name="amount_min" type="text" value="abc"' in answer.text
    assert "Amount from: not an amount such as 100.00" in answer.text
    assert "data-row=" in answer.text


def test_views_are_kept_shared_and_removed(site):
    client, other = site.client(), site.client("n.abara")
    saved = client.post("/views?kind=denial&payer=LAKESHORE", data={"name": "Lakeshore denials", "shared": "yes"})
    assert saved.headers["location"] == "/worklists/denial?payer=LAKESHORE"
    assert "Lakeshore denials" in other.get("/").text
    assert "/remove" not in other.get("/").text
    remove = re.search(r'action="(/views/[0-9a-f]{24}/remove)"', client.get("/").text)[1]
    assert other.post(remove).status_code == 404
    assert client.post(remove).status_code == 303
    assert "Lakeshore denials" not in other.get("/").text


def test_a_draft_is_one_persons_and_goes_when_nothing_is_typed(site):
    client, ref = site.client(), site.ref("BT100122")
    assert client.post(f"/drafts/{ref}", json={"action": "note", "note": "half a"}).json() == {"kept": True}
    assert client.get(f"/drafts/{ref}").json() == {"action": "note", "note": "half a"}
    assert ref in client.get("/drafts").json()["refs"]
    assert site.client("n.abara").get(f"/drafts/{ref}").json() == {}
    client.post(f"/drafts/{ref}", json={})
    assert ref not in client.get("/drafts").json()["refs"]


def test_the_audit_answers_who_saw_this_patient(site):
    biller, auditor = site.client("n.abara"), site.client("a.reyes")
    ref = site.ref("BT100205")
    biller.get(f"/claims/{ref}")
    page = auditor.get(f"/audit?ref={ref}").text
    assert "Everyone who saw this claim" in page
    assert "n.abara" in page
    assert "Viewed a claim" in page
    patient = re.search(r'href="/thresholds/([0-9a-f]{24})"', auditor.get(f"/claims/{ref}").text)[1]
    assert f'href="/audit?patient={patient}"' in auditor.get(f"/thresholds/{patient}").text
    assert "n.abara" in auditor.get(f"/audit?patient={patient}").text
    assert auditor.get("/audit?who=nobody.at.all").text.count("<tr><td") == 0
    biller.get("/audit")
    assert "not permitted" in auditor.get("/audit?refused=true").text
    assert "Viewed a claim" in auditor.get(f"/audit/file.csv?ref={ref}").text


def test_a_list_leaves_a_trace_of_every_claim_it_showed(site):
    biller, auditor = site.client("n.abara"), site.client("a.reyes")
    biller.get("/worklists/denial")
    ref = site.client().get("/v1/worklists/denial?limit=1").json()[0]["ref"]
    assert "Viewed a worklist" in auditor.get(f"/audit?ref={ref}").text
