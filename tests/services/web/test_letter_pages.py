"""Pages of letters over the demo's month: every kind, the figures of the page, the packet of a whole group."""

import io
import re
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from services.presentation.letters.facts import PracticeProfile
from services.presentation.letters.kinds import WORDS, LetterKind
from services.store.practice_settings import PracticeSettings, SettingKind

CLAIMS = {  # a claim of the month for which each kind has a meaning
    LetterKind.APPEAL: "BT100122",
    LetterKind.TIMELY_FILING: "BT100126",
    LetterKind.KX_REOPENING: "BT100357",
    LetterKind.UNDERPAYMENT_DISPUTE: "BT100222",
    LetterKind.RECORDS_RESPONSE: "BT100365",
    LetterKind.REFUND: "BT100288",
    LetterKind.PATIENT_STATEMENT: "BT100129",
}
ADDRESS = "Cedar Health\nPO Box 9\nMadison, WI 53701"
GROUP = "/underpayments/letter?payer=CEDAR&procedure=97110&rate=31.00"


@pytest.fixture(scope="module")
def profiled(site):
    profile = PracticeProfile(name="Quillback Therapy", address=("1 Main St", "Duluth, MN"), phone="555-0100")
    settings = PracticeSettings(site.app.engine, "default")
    settings.save(SettingKind.PROFILE, "", profile.as_json(), by="test", now=site.app.clock.now())
    return site


def pdf_text(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def form(page, **changes):
    """The fields of the letter's form as a browser would send them."""
    fields = dict.fromkeys(("title", "body", "recipient"), "")
    for name in ("title",):
        fields[name] = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]
    fields["body"] = re.search(r'<textarea name="body"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
    fields["recipient"] = re.search(r'<textarea name="recipient"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
    fields["csrf_token"] = re.search(r'data-csrf="([0-9a-f]+)"', page)[1]
    return fields | changes


@pytest.mark.parametrize("kind", CLAIMS)
def test_every_kind_has_a_page_with_its_preview(profiled, kind):
    ref = profiled.ref(CLAIMS[kind])
    answer = profiled.client().get(f"/claims/{ref}/letters/{kind}")
    assert answer.status_code == 200
    assert WORDS[kind].name in answer.text
    assert "cannot be sent" not in answer.text
    assert 'aria-label="Preview of the letter"' in answer.text


def test_the_overview_says_why_a_letter_has_no_meaning(profiled):
    ref = profiled.ref(CLAIMS[LetterKind.PATIENT_STATEMENT])
    told = profiled.client().get(f"/claims/{ref}/letters").text
    assert all(WORDS[kind].name in told for kind in LetterKind)
    assert "Not now: no line of this claim is denied" in told
    assert "No letters have been sent about this claim" in told


@pytest.mark.parametrize("kind", [LetterKind.APPEAL, LetterKind.REFUND, LetterKind.PATIENT_STATEMENT])
def test_a_letter_says_the_claim_s_next_step_and_whether_it_is_it(profiled, kind):
    """The one next step of lists and claim page, on the letter's page and in its draft."""
    client, ref = profiled.client(), profiled.ref(CLAIMS[kind])
    step = client.get(f"/v1/claims/{ref}").json()["next_step"]
    assert client.post("/v1/letters/draft", json={"kind": kind.value, "ref": ref}).json()["next_step"] == step
    said = step["what"].partition(" ")[0]
    for address in (f"/claims/{ref}/letters", f"/claims/{ref}/letters/{kind}"):
        assert f"Next for this claim: {said}" in client.get(address).text
    other = bool(step["worklist"]) and step["worklist"] not in WORDS[kind].lists
    assert ("This letter does not do that" in client.get(f"/claims/{ref}/letters/{kind}").text) == other


def test_a_letter_has_the_figures_of_the_page(profiled):
    """The sum of the dispute is the difference the list shows, and the appeal's last day the clock's."""
    client, ref = profiled.client(), profiled.ref(CLAIMS[LetterKind.APPEAL])
    page = client.get(f"/v1/claims/{ref}").json()
    (clock,) = [d for d in page["deadlines"] if d["kind"] == "appeal_1"]
    told = client.post("/v1/letters/draft", json={"kind": "appeal", "ref": ref}).json()["letter"]
    last = date.fromisoformat(clock["latest"] or clock["due"])
    assert any(f"last day {last:%b} {last.day}, {last.year}" in b.get("caption", "") for b in told["blocks"])
    group = {"kind": "underpayment_dispute", "payer": "CEDAR", "procedure": "97110", "rate": "31.00"}
    drafted = client.post("/v1/letters/draft", json=group).json()["letter"]
    listed = [
        u
        for u in client.get("/v1/underpayments?limit=500").json()
        if (u["payer_id"], u["procedure"]) == ("CEDAR", "97110")
    ]
    mine = [u for u in listed if Decimal(u["allowed"]) / Decimal(u["units"]) == Decimal("31.00")]
    (table,) = [b for b in drafted["blocks"] if b.get("caption") == "Underpaid lines"]
    assert len(table["rows"]) == len(mine) == 35
    assert Decimal(table["total"][-1]) == sum(Decimal(u["variance"]) for u in mine)
    assert all(Decimal(row[7]) - Decimal(row[8]) == Decimal(row[9]) for row in table["rows"])
    numbers = [client.get(f"/v1/claims/{u['ref']}").json()["entries"][-1]["payer_claim_number"] for u in mine[:3]]
    assert set(numbers) <= {row[1] for row in table["rows"]}, "a payer finds a claim by its own number"


def test_the_preview_is_the_file(profiled):
    client, ref = profiled.client(), profiled.ref(CLAIMS[LetterKind.TIMELY_FILING])
    path = f"/claims/{ref}/letters/timely_filing"
    page = client.get(path).text
    given = form(page, recipient=ADDRESS, body="{{submissions}}\n\n{{segments}}")
    shown = client.post(path, data=given | {"do": "preview"})
    drawn = client.post(path, data=given | {"do": "pdf"})
    assert drawn.headers["content-type"] == "application/pdf"
    text = pdf_text(drawn.content)
    for what in ("Accepted by the payer (277CA A2)", "CLM*BT100126*260", "STC*A2:20*20260424*WQ*260~", "PO Box 9"):
        assert what in shown.text, what
        assert what in text, what
    assert "BT100126" not in drawn.headers["content-disposition"]


def test_a_wrong_field_keeps_what_was_typed(profiled):
    client, path = profiled.client(), f"/claims/{profiled.ref('BT100122')}/letters/appeal"
    given = form(client.get(path).text, body="Dear {{nobody}} my long text", do="preview")
    answer = client.post(path, data=given)
    assert answer.status_code == 422
    assert "Paragraph 1 has an unknown field; this letter has" in answer.text
    assert "my long text" in answer.text


def test_one_click_files_the_packet_of_a_group(profiled):
    client = profiled.client()
    page = client.get(GROUP)
    assert "35 lines of" in page.text
    given = form(
        page.text, recipient=ADDRESS, do="send", method="fax", answer_due="2027-01-15", record="yes", keep_address="yes"
    )
    attachment = {"files": ("any name.pdf", client.post(GROUP, data=given | {"do": "pdf"}).content, "application/pdf")}
    answer = client.post(GROUP, data=given, files=attachment)
    assert answer.status_code == 200  # one of the claims was sent again after its decision: its dispute needs a person
    assert "noted on 32" in answer.text
    (refused,) = re.findall(r'<th scope="row"><a href="(/claims/[0-9a-f]{24})">BT\d+</a></th><td>[A-Z]', answer.text)
    letters = client.get(f"{refused}/letters").text
    assert "about 35 claims" in letters
    assert "any name" not in letters
    ref = profiled.ref("BT100238")
    told = client.get(f"/v1/claims/{ref}").json()
    assert "letter_answer" in [d["kind"] for d in told["deadlines"]]
    (line,) = [
        u for u in client.get("/v1/underpayments?limit=500").json() if (u["ref"], u["procedure"]) == (ref, "97110")
    ]
    assert line["state"] == "disputed"
    kept = PracticeSettings(profiled.app.engine, "default").current(SettingKind.ADDRESS)
    assert kept["CEDAR/underpayment_dispute"].body["lines"] == ADDRESS.split("\n")
    assert "Cedar Health" in client.get(f"/claims/{ref}/letters/appeal").text, (
        "the address serves the payer's other letters"
    )


def test_a_packet_sent_twice_is_filed_once(profiled):
    client, path = profiled.client(), f"/claims/{profiled.ref('BT100288')}/letters/refund"
    page = client.get(path).text
    name = re.search(r'name="id" value="([0-9a-f]{32})"', page)[1]
    given = form(page, recipient=ADDRESS, do="send", id=name)
    first, again = (client.post(path, data=given).headers["location"] for _ in range(2))
    other = client.post(path, data=given | {"method": "fax"}).headers["location"]
    assert first == again != other


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("answer_due", "13/45", "Answer expected by: not a date such as 2026-03-02"),
        ("title", "x" * 300, "Title: at most 200 characters"),
        ("body", "long " * 4800, "Text: at most 20,000 characters"),
        ("recipient", "y" * 1500, "Recipient: at most 1,000 characters"),
        ("method", "z" * 300, "How: at most 200 characters"),
    ],
)
def test_what_cannot_be_used_is_named_and_kept(profiled, field, typed, said):
    client, path = profiled.client(), f"/claims/{profiled.ref('BT100122')}/letters/appeal"
    for address in (path, GROUP):
        given = form(client.get(address).text, do="send") | {field: typed}
        answer = client.post(address, data=given)
        assert answer.status_code == 422
        assert said in answer.text
        if field != "method":
            assert typed.strip() in answer.text


def test_a_file_that_is_no_pdf_is_refused_on_the_page(profiled):
    client, path = profiled.client(), f"/claims/{profiled.ref('BT100122')}/letters/appeal"
    given = form(client.get(path).text, do="send", recipient=ADDRESS)
    answer = client.post(path, data=given, files={"files": ("a.pdf", b"no pdf", "application/pdf")})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_texts_are_edited_by_those_who_set_terms(profiled):
    manager, biller = profiled.client(), profiled.client("n.abara")
    page = manager.get("/letters/refund").text
    csrf = re.search(r'data-csrf="([0-9a-f]+)"', page)[1]
    given = {"csrf_token": csrf, "title": "Our refund", "body": "We return {{refund_amount}}.", "seen": "0"}
    assert manager.post("/letters/refund", data=given).status_code == 303
    assert "Version 1" in manager.get("/letters/refund?saved=yes").text
    assert "Our refund" in manager.get(f"/claims/{profiled.ref('BT100288')}/letters/refund").text
    assert "Save a new version" not in biller.get("/letters/refund").text
    assert "Refund" in biller.get("/letters").text
