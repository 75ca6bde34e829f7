"""What people do about claims, in a real browser: the dialog, its questions, taking back, texts that are kept."""

import json

import pytest
from playwright.sync_api import expect

from tests.services.web.conftest import PASSWORD
from tests.services.web.published import publish, rejected

pytestmark = pytest.mark.browser


FIELDS = {
    "assign": {"assignee"},
    "snooze": {"until"},
    "note": {"note"},
    "resolve": {"resolution", "note"},
    "appeal_filed": {"level", "filed_on", "reference", "reason"},
    "appeal_decided": {"level", "decided_on", "outcome"},
    "records_requested": {"due_on", "reason"},
    "dispute_open": {"amount"},
    "dispute_close": {"outcome"},
    "patient_paid": {"amount", "reason"},
    "refund_sent": {"amount", "reason"},
    "credit_reviewed": {"finding", "on", "amount"},
    "write_off": {"amount", "reason"},
}


def test_a_rejection_from_the_list_to_resolved(open_page, site):
    publish(site, *rejected(1, "WEB-1"))
    page = open_page("/worklists/rejection")
    row = page.locator("tr", has_text="WEB-1")
    row.wait_for()
    assert row.locator(".when").first.inner_text().startswith("23 h left")
    row.get_by_text("Record the reason").click()
    assert "24 hours from receipt of the rejection of attempt 1" in row.inner_text()
    row.get_by_role("button", name="Action").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Action", exact=True).input_value() == "reason_identified"
    dialog.get_by_label("Note").fill("member id mistyped")
    dialog.get_by_role("button", name="Save").click()
    page.locator(".toast", has_text="Reason recorded").wait_for()
    row.get_by_role("link", name="WEB-1").click()
    page.get_by_role("heading", name="Claim WEB-1").wait_for()
    assert "a rejection cannot be appealed" in page.locator(".state").inner_text()
    page.get_by_text("Rejected: reason identified by j.park").first.wait_for()
    page.get_by_role("button", name="Action …").click()
    page.get_by_role("dialog").get_by_label("Action", exact=True).select_option("resolve")
    page.get_by_label("Resolution").select_option("worked_elsewhere")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("handled in another system by j.park").first.wait_for()
    page.goto("/worklists/rejection")
    assert page.locator("tr", has_text="WEB-1").count() == 0


def test_an_act_can_be_taken_back_at_once(open_page, site):
    publish(site, *rejected(2, "WEB-2"))
    page = open_page("/worklists/rejection")
    row = page.locator("tr", has_text="WEB-2")
    row.get_by_role("button", name="Action").click()
    page.get_by_role("dialog").get_by_label("Action", exact=True).select_option("resolve")
    page.get_by_role("dialog").get_by_label("Note").fill("duplicate of another claim")
    page.get_by_role("button", name="Save").click()
    row.wait_for(state="detached")
    page.get_by_role("button", name="Undo (u)").click()
    row.wait_for()


def test_assigning_and_snoozing_in_place(open_page, site):
    publish(site, *rejected(5, "WEB-5"))
    page = open_page("/worklists/rejection")
    row = page.locator("tr", has_text="WEB-5")
    row.get_by_role("link", name="WEB-5").focus()
    page.keyboard.press("a")
    page.get_by_role("button", name="Assign to me").click()
    page.get_by_role("button", name="Save").click()
    row.get_by_text("j.park").wait_for()
    row.get_by_role("link", name="WEB-5").focus()
    page.keyboard.press("s")
    page.get_by_role("button", name="Save").click()
    row.wait_for(state="detached")


def test_the_server_s_reason_is_told_in_the_dialog(open_page):
    page = open_page("/worklists/denial")
    page.locator("button.act").first.click()
    page.get_by_role("dialog").get_by_label("Action", exact=True).select_option("write_off")
    page.get_by_label("Amount in dollars").fill("1.5")
    page.get_by_label("Reason").fill("x")
    page.route(
        "**/actions*",
        lambda route: route.fulfill(
            status=409, content_type="application/problem+json", body=json.dumps({"detail": "the claim has changed"})
        ),
    )
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").get_by_text("the claim has changed").wait_for()
    open_page.complaints.clear()  # the browser, too, says that it was answered 409


def test_each_action_shows_exactly_its_own_fields(open_page):
    page = open_page("/worklists/denial")
    page.locator("button.act").first.click()
    dialog = page.get_by_role("dialog")
    for action, fields in FIELDS.items():
        dialog.get_by_label("Action", exact=True).select_option(action)
        controls = dialog.locator("[name]:not([name=action])").all()
        assert {control.get_attribute("name") for control in controls if control.is_visible()} == fields, action
        box = dialog.get_by_role("button", name="Save").bounding_box()
        assert box["y"] + box["height"] < 860


def test_what_is_unlikely_is_asked_about_in_the_dialog(open_page, site):
    publish(site, *rejected(40, "ASK-40"))
    page = open_page(f"/claims/{site.ref('ASK-40')}")
    page.get_by_role("button", name="Action …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Action", exact=True).select_option("write_off")
    dialog.get_by_label("Amount in dollars").fill("910.00")
    dialog.get_by_label("Reason").fill("slip")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("more than the open balance of $91.00").wait_for()
    dialog.get_by_label("Amount in dollars").fill("91.00")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("the money may still be collected").wait_for()
    dialog.get_by_role("button", name="Yes, save it anyway").click()
    page.get_by_text("Written off").first.wait_for()
    open_page.complaints.clear()  # the browser, too, says that it was answered 409


def test_a_second_press_of_the_keys_does_nothing_more(open_page, site):
    """Nor does saving again after an answer that was lost: it is the same action."""
    publish(site, *rejected(41, "TWICE-41"))
    page = open_page(f"/claims/{site.ref('TWICE-41')}")
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_role("dialog").get_by_label("Note").fill("called the payer once")
    sent = []
    page.route("**/actions**", lambda route: (sent.append(route.request.post_data_json), route.continue_()))
    page.evaluate(
        """() => { for (let n = 0; n < 3; n++) document.getElementById("act-form").dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true })); }"""
    )
    page.locator(".toast", has_text="Note saved").wait_for()
    assert [each["note"] for each in sent] == ["called the payer once"]


def test_a_text_survives_signing_out(open_page, site):
    publish(site, *rejected(41, "KEEP-41"))
    address = f"/claims/{site.ref('KEEP-41')}"
    page = open_page(address)
    page.keyboard.press("n")
    with page.expect_response(lambda answer: "/drafts/" in answer.url and answer.request.method == "POST"):
        page.get_by_role("dialog").get_by_label("Note").press_sequentially("half a sentence")
    page.context.clear_cookies()
    page.goto(address)
    sign_in_here(page)
    page.wait_for_url(f"**{address}")
    expect(page.locator("#act-note")).to_have_value("half a sentence", timeout=15_000)
    page.get_by_role("button", name="Cancel").click()


def test_a_decision_without_a_filing_offers_to_record_it(open_page, site):
    page = open_page("/worklists/denial")
    row = page.locator("tr[data-row]").nth(2)
    ref, payer = row.get_attribute("data-ref"), row.get_attribute("data-payer")
    row.get_by_role("button", name="Action").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Action", exact=True).select_option("appeal_decided")
    dialog.get_by_label("Decision").select_option("overturned")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Record the filing first").click()
    assert dialog.get_by_label("Filed on").input_value() == ""  # never a guess
    dialog.get_by_label("Filed on").fill("2026-10-20")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("Decision recorded").wait_for()
    told = site.client().get(f"/v1/claims/{ref}/events").json()
    filed, decided = [event for event in told if event["type"].startswith("appeal.")]
    assert (filed["data"]["filed_on"], filed["data"]["level"]) == ("2026-10-20", 1)
    assert (decided["data"]["outcome"], decided["data"].get("confirmed")) == ("overturned", None)
    assert filed["data"]["payer_id"] == decided["data"]["payer_id"] == payer
    page.keyboard.press("u")  # both at once
    page.get_by_text("Undone: 2 of 2").wait_for()
    open_page.complaints.clear()  # the browser, too, says that it was answered 409


def test_each_refusal_stays_on_its_row(open_page, site):
    publish(site, *rejected(50, "ROW-50"), *rejected(51, "ROW-51"))
    page = open_page("/worklists/rejection")
    rows = page.locator("tr[data-row]", has_text="ROW-5")
    for row in rows.all():
        row.locator(".pick input").check()
    page.locator("#bulk").get_by_role("button", name="More").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Action", exact=True).select_option("dispute_close")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("Dispute closed: 0 of 2").wait_for()
    expect(rows.locator(".refusal")).to_have_text(["No dispute is open on this claim."] * 2)
    publish(site, *rejected(52, "ROW-52"))  # the list is drawn anew
    page.locator("tr", has_text="ROW-52").wait_for()
    expect(page.locator(".refusal")).to_have_count(2)
    rows.first.get_by_role("button", name="Action").click()
    dialog.get_by_label("Note").fill("seen")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".refusal")).to_have_count(0)


def test_all_that_match_are_counted_confirmed_done_and_undone(open_page, site):
    publish(site, *[event for n in range(60, 120) for event in rejected(n, f"ALL-{n}", "77.00")])
    page = open_page("/worklists/rejection?amount_min=77&amount_max=77")
    assert page.locator("tr[data-row]").count() == 50
    assert "60 rows, $4,620.00 at risk" in page.locator("#total").inner_text()
    page.locator("#select-all").check()
    page.get_by_role("button", name="Select all that match").click()
    expect(page.locator("#marked")).to_have_text("60")
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    assert "60 claims, all that match" in dialog.inner_text()
    dialog.get_by_label("Assign to", exact=True).fill("j.park")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("This acts on all 60 that match").wait_for()
    dialog.get_by_role("button", name="Yes, save it anyway").click()
    page.get_by_text("Assigned: 60 of 60").wait_for()
    assert len(_mine(site)) == 60
    page.keyboard.press("u")
    page.get_by_text("Undone: 60 of 60").wait_for()
    assert _mine(site) == []
    told = site.client().get(f"/v1/claims/{site.ref('ALL-60')}/events").json()
    assert next(e for e in told if e["type"] == "work.assigned.v1")["data"]["confirmed"] == ["all_that_match"]


def _mine(site):
    return site.client().get("/v1/worklists/rejection?assignee=j.park&amount_min=77&amount_max=77&limit=500").json()


def test_a_text_about_several_claims_survives_signing_out(open_page, site):
    publish(site, *rejected(130, "TWO-130"), *rejected(131, "TWO-131"))
    address = "/worklists/rejection?amount_min=91"
    page = open_page(address)
    for row in page.locator("tr[data-row]", has_text="TWO-13").all():
        row.locator(".pick input").check()
    page.keyboard.press("n")
    with page.expect_response(lambda answer: "/drafts/bulk" in answer.url and answer.request.method == "POST"):
        page.get_by_role("dialog").get_by_label("Note").press_sequentially("for both")
    page.context.clear_cookies()
    page.goto(address)
    sign_in_here(page)
    expect(page.locator("#act-note")).to_have_value("for both", timeout=15_000)
    assert "2 claims" in page.locator("#act-about").inner_text()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Note saved: 2 of 2").wait_for()
    assert site.client().get("/drafts").json()["refs"] == []


def sign_in_here(page):
    page.get_by_label("Name").fill("j.park")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_visit_without_a_claim_is_worked_on_by_keys(open_page, site):
    """The dialog offers work and nothing else; an unbilled visit is closed in its own way."""
    told = {"visit_id": "WEB-V1", "patient_id": "WEB-P1", "payer_id": "MEDICARE", "discipline": "PT"}
    told |= {"dos": "2026-03-02", "timed": [{"procedure": "97110", "minutes": 30}], "total_minutes": 30}
    about = {"specversion": "1.0", "source": "urn:test", "id": "v1", "subject": "WEB-V1"}
    publish(site, about | {"type": "visit.documented.v1", "time": "2026-03-02T18:00:00Z", "data": told})
    page = open_page("/worklists/unbilled")
    row = page.locator("tr", has_text="Visit WEB-V1")
    row.locator(".go").focus()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    assert dialog.locator("#act-about").inner_text() == "Visit WEB-V1"
    offered = dialog.locator("#act-kind option:not([disabled])").evaluate_all(
        "all => all.filter((one) => !one.closest('optgroup').disabled).map((one) => one.value)"
    )
    assert offered == ["assign", "snooze", "note"]
    page.get_by_role("button", name="Assign to me").click()
    page.get_by_role("button", name="Save").click()
    row.get_by_text("j.park").wait_for()
    page.get_by_role("button", name="Undo (u)").click()
    row.get_by_text("unassigned").wait_for()
    row.locator(".go").focus()
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Note", exact=True).fill("ask the front desk")
    page.get_by_role("button", name="Save").click()
    page.locator(".toast", has_text="Note saved").wait_for()


def test_a_refused_act_does_not_come_back_by_itself(open_page, site):
    """A write-off that was refused, and one left with its question open, are not opened again with the claim's page."""
    publish(site, *rejected(43, "GONE-43"))
    address = f"/claims/{site.ref('GONE-43')}"
    page = open_page(address)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Action", exact=True).select_option("write_off")
    dialog.get_by_label("Amount in dollars").fill("99999")
    with page.expect_response(lambda answer: "/drafts/" in answer.url and answer.request.method == "POST"):
        dialog.get_by_label("Reason").fill("too small to chase")
    dialog.get_by_role("button", name="Save").click()
    page.locator("#act :is(.problem, #act-confirm):visible").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#act")).to_be_hidden()
    page.wait_for_function("fetch('/drafts').then((r) => r.json()).then((told) => told.refs.length === 0)")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#act")).to_be_hidden()
    open_page.complaints.clear()  # the browser, too, says that it was answered 4xx
