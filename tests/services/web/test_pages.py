"""Every page as it comes over the wire: shown to whom it may concern, nothing inline, no patient in an address."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import openpyxl
import pytest

from services.demo.month import DEMO_AT
from services.presentation.labels import WORKLISTS
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext
from services.reads.remittances import remittances

PLAIN = ["/", *(f"/worklists/{kind}" for kind in WORKLISTS), "/thresholds", "/aging", "/aging?owner=patient&basis=submission",
         "/aging/claims", "/aging/claims?bucket=121%2B&payer=MEDICARE", "/patterns", "/underpayments", "/remittances",
         "/operations", "/operations?all=true", "/upload"]  # fmt: skip


def desk_of(site):
    return ReadContext(site.app.engine, site.app.references, "default", DEMO_AT)


def deep(site):
    """Pages whose address holds an opaque name."""
    context = desk_of(site)
    claim = site.ref("BT100122")
    return [
        f"/claims/{claim}", f"/claims/{claim}?as_of=2026-07-01", f"/underpayments/{site.ref('BT100221')}/1",
        f"/thresholds/{patient_ref(context, '0T35Y21PK06')}", f"/remittances/{remittances(context).items[0]['ref']}",
    ]  # fmt: skip


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
            assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in"), path


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
    answer = client.post("/find", data={"claim_id": " BT100122 "})
    assert answer.headers["location"] == f"/claims/{site.ref('BT100122')}"
    assert client.post("/find", data={"claim_id": "NO-SUCH"}).status_code == 404


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
    whole = client.get("/v1/worklists/today?limit=500").json()
    assert seen == [f"{row['kind']}-{row['ref'] or ''}-{row['item']}" for row in whole]


def test_the_due_window_narrows(site):
    client = site.client()
    whole = client.get("/v1/worklists/denial?limit=500").json()
    assert len(re.findall("data-row", client.get("/worklists/denial?due=overdue").text)) == sum(
        r["overdue"] for r in whole
    )
    soon = re.findall(r'data-label="due"><span class="wait (\w+)', client.get("/worklists/denial?due=3").text)
    assert soon
    assert set(soon) == {"soon"}


def test_csv_and_excel_hold_the_whole_list(site):
    client = site.client()
    rows = client.get("/v1/worklists/denial?limit=500").json()
    text = client.get("/worklists/denial/file.csv").text.splitlines()
    assert text[0].startswith("kind,claim_id,ref")
    assert len(text) - 1 == len(rows)
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/worklists/denial/file.xlsx").content)).active
    assert sheet.max_row - 1 == len(rows)
    headings = [cell.value for cell in sheet[1]]
    first = dict(zip(headings, [cell.value for cell in sheet[2]], strict=True))
    assert (first["claim id"], f"{first['amount at risk']:.2f}") == (rows[0]["claim_id"], rows[0]["amount_at_risk"])


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
    told = site.client().get(f"/claims/{site.ref('BT100101')}").text
    assert "Why the expected amount is unknown" in told
    assert "is expected" not in told


def test_a_line_paid_as_another_code_says_what_it_is_short_of(shown):
    """Its expected and allowed amounts are alike: both are those of the code the payer decided on."""
    assert "Paid as another code, below the rate of the code billed" in shown["/underpayments"].text
