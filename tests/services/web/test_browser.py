"""The web app in a real browser: what people do there, by mouse, by keyboard, on a phone."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from services.commands.publish_events import accept
from services.demo.month import DEMO_AT, DEMO_ZONE
from services.devtools.screenshots import PHONE
from services.presentation.formatting import wait
from services.security.roles import Principal, permissions_of
from tests.services.web.conftest import PASSWORD, sign_in
from tests.services.web.test_pages import deep

pytestmark = pytest.mark.browser
# Narrowed where they are long: axe takes its time with every cell, and all rows are made by one template.
ONE_OF_EACH = (
    "/",
    "/worklists/denial?payer=TAMARACK",
    "/worklists/readiness",
    "/thresholds?band=review",
    "/aging",
    "/aging/claims?bucket=61-90",
    "/patterns",
    "/underpayments?payer=MEDICARE",
    "/remittances?unbalanced=true",
    "/operations",
    "/upload",
    "/audit",
)


def publish(site, *events):
    """As an integration does."""
    who = Principal("key", "k", "k", "integration", ("default",), permissions_of("integration"))
    results = accept(site.app, who, list(events), "default", "0" * 32)
    assert {result.result for result in results} == {"accepted"}


def rejected(number, claim_id, amount="91.00"):
    about = {"specversion": "1.0", "source": "urn:test", "subject": claim_id}
    sent = {
        "claim_id": claim_id,
        "patient_id": "PAT-9",
        "payer_id": "MEDICARE",
        "total_charge": amount,
        "attempt": 1,
        "lines": [
            {
                "number": 1,
                "procedure": "97110",
                "modifiers": ["GP"],
                "units": "1",
                "charge": amount,
                "dos": "2025-11-10",
            }
        ],
    }
    refused = {
        "claim_id": claim_id,
        "attempt": 1,
        "stage": "payer",
        "codes": [{"list": "277", "category": "A7", "status": "562"}],
    }
    return [
        about | {"id": f"s{number}", "type": "claim.submitted.v1", "time": "2026-11-05T12:00:00Z", "data": sent},
        about | {"id": f"r{number}", "type": "claim.rejected.v1", "time": "2026-11-06T13:00:00Z", "data": refused},
    ]


def test_signing_in_and_out(open_page):
    page = open_page("/", name=None)
    assert page.url.endswith("/sign-in")
    page.get_by_label("Name").fill("j.park")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="All open work", exact=True).wait_for()
    page.get_by_text("j.park").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_a_rejection_from_the_list_to_resolved(open_page, site):
    publish(site, *rejected(1, "WEB-1"))
    page = open_page("/worklists/rejection")
    row = page.locator("tr", has_text="WEB-1")
    row.wait_for()
    assert row.locator(".when").first.inner_text().startswith("23 h left")
    row.get_by_text("Record the reason").click()
    assert "24 hours from receiving the rejection of attempt 1" in row.inner_text()
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


def test_the_explanation_can_be_reckoned_by_hand(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100122')}")
    clock = page.locator(".note", has_text="First appeal")
    clock.get_by_text("How it is calculated").click()
    told = clock.inner_text()
    assert "Cautious: Tue, Jul 7, 2026 + 120 days = Wed, Nov 4, 2026" in told
    assert "Latest: Sun, Jul 12, 2026 + 120 days = Mon, Nov 9, 2026" in told
    assert "2 days past due" in told
    page.get_by_text("How the expected $44.42 is calculated").click()
    assert "conversion factor" in page.locator("#expected-1").inner_text()
    page.get_by_text("MEDICARE denied $0.00").nth(1).click()
    hits = page.locator("#answer-2-1 .hit")
    hits.first.wait_for()
    assert hits.all_inner_texts()[0] == "SVC*HC:97530:GP*75*0**0**1~"


def test_a_published_event_appears_without_a_reload(open_page, site):
    page = open_page("/worklists/rejection?due=1")
    page.wait_for_selector("#live[data-state=on]")
    page.evaluate("window.here = true")
    publish(site, *rejected(3, "WEB-3"))
    page.locator("tr", has_text="WEB-3").wait_for()
    assert page.evaluate("window.here") is True


def test_an_open_claim_follows_its_events(open_page, site):
    publish(site, *rejected(4, "WEB-4"))
    page = open_page(f"/claims/{site.ref('WEB-4')}")
    page.wait_for_selector("#live[data-state=on]")
    note = {"claim_id": "WEB-4", "worklist": "rejection", "by": "somebody", "note": "called the payer"}
    publish(
        site,
        {
            "specversion": "1.0",
            "id": "n4",
            "source": "urn:test",
            "subject": "WEB-4",
            "type": "work.noted.v1",
            "time": "2026-11-06T13:30:00Z",
            "data": note,
        },
    )
    page.get_by_text("called the payer").first.wait_for()


def test_keys_alone(open_page):
    page = open_page("/worklists/denial")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tr[data-row]").nth(1)
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == second.get_attribute("data-row")
    page.keyboard.press("k")
    page.keyboard.press("e")
    assert page.locator("tr[data-row]").first.locator("details").get_attribute("open") is not None
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#marked").inner_text() == "2"
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    assert "2 claims" in dialog.inner_text()
    page.keyboard.type("seen by jk")  # typed, not obeyed
    assert dialog.get_by_label("Note").input_value() == "seen by jk"
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("Note saved: 2 of 2").wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/*")


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


def test_uploading_a_file(open_page, site, tmp_path):
    inbox = site.app.settings.data_dir.parent / "inbox"
    known = next(iter(sorted(inbox.glob("*835*.edi"))))
    fresh = tmp_path / "fresh.835"
    fresh.write_text(re.sub(r"(TRN\*1\*)[^*]+", r"\g<1>NEW77", known.read_text()).replace("CLP*BT", "CLP*WB"))
    junk = tmp_path / "note.txt"
    junk.write_text("this is no X12 at all")
    page = open_page("/upload")
    page.get_by_label("Files to upload").set_input_files([str(known), str(fresh), str(junk)])
    page.locator("tr[data-done]").nth(2).wait_for()
    told = {row.locator(".name").inner_text(): row.inner_text() for row in page.locator("#taken tbody tr").all()}
    assert "Already imported" in told[known.name]
    assert "Imported" in told["fresh.835"]
    assert "could not be read" in told["note.txt"]
    page.locator("#taken tr", has_text="note.txt").get_by_role("link", name="Details").click()
    page.get_by_role("heading", name="What could not be read").wait_for()
    assert "neither X12" in page.locator("main").inner_text()


def test_parked_entries_are_dismissed(open_page):
    page = open_page("/operations")
    entry = page.locator(".note", has_text="278 services review")
    entry.get_by_text("Raw text").click()
    entry.locator("pre", has_text="ST*278").wait_for()
    entry.get_by_role("button", name="Dismiss").click()
    entry.wait_for(state="detached")


def test_the_slider_shows_the_claim_as_it_stood(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100122')}")
    page.get_by_role("link", name="Earlier").click()
    page.get_by_text("Nothing can be changed here").wait_for()
    page.locator("#instant").focus()
    page.keyboard.press("Home")
    page.locator(".head .chip", has_text="Pending").wait_for()
    page.get_by_role("link", name="Back to now").click()
    page.locator(".head .chip", has_text="Denied").wait_for()


def test_scripts_count_as_the_server_does(open_page):
    """Whatever is left, Python and JavaScript say it alike."""
    page = open_page("/")
    at = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # half an hour into a day of 25 hours
    ends = [
        at + timedelta(minutes=m)
        for m in (
            -99_999,
            -2880,
            -2879,
            -1441,
            -61,
            -60,
            -1,
            0,
            1,
            59,
            60,
            1439,
            1440,
            2879,
            2880,
            4319,
            4320,
            5760,
            99_999,
        )
    ]
    dues = [end.isoformat() for end in ends] + sorted({end.date().isoformat() for end in ends})
    address = page.locator("script[type=module]").get_attribute("src").replace("desk.js", "waits.js")
    told = page.evaluate(
        "async ([address, dues, at, zone]) => { const { told } = await import(address);"
        " return dues.map((due) => told(due, Date.parse(at), zone)); }",
        [address, dues, at.isoformat(), str(DEMO_ZONE)],
    )
    ours = [wait(due, at, ZoneInfo(DEMO_ZONE)) for due in dues]
    assert [tuple(each) for each in told] == [(each.text, each.level) for each in ours]
    assert page.evaluate("Date.parse(document.body.dataset.now)") == DEMO_AT.astimezone(UTC).timestamp() * 1000


def test_light_and_dark(open_page):
    page = open_page("/", color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light != dark


@pytest.fixture(scope="module")
def tour(site, browser):
    """Every page seen once: what the browser complained of, its width on a desk and on a phone, what axe found."""
    context, axe, found = browser.new_context(base_url=site.base, reduced_motion="reduce"), Axe(), {}
    page = context.new_page()
    sign_in(page, "root")
    for path in [*ONE_OF_EACH, *deep(site)]:
        complaints = []
        page.on("console", lambda m, told=complaints: told.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error, told=complaints: told.append(str(error)))
        page.set_viewport_size({"width": 1280, "height": 860})
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        seen = {"desk": width(page) - 1280, "light": grave(axe.run(page))}
        page.emulate_media(color_scheme="dark")
        seen["dark"] = grave(axe.run(page, options={"runOnly": ["color-contrast"]})) if path != "/" else {}
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        found[path] = seen | {"phone": width(page) - PHONE[0], "complaints": complaints}
    context.close()
    return found


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def grave(results):
    violations = [v for v in results.response["violations"] if v["impact"] in ("serious", "critical")]
    return {v["id"]: [node["html"][:120] for node in v["nodes"][:3]] for v in violations}


def wrong(tour, *names):
    return {path: told for path, seen in tour.items() if (told := {n: seen[n] for n in names if seen[n]})}


def test_no_page_makes_the_browser_complain(tour):
    """Of the policy, of scripts, of files that are not there."""
    assert wrong(tour, "complaints") == {}


def test_nothing_needs_scrolling_sideways(tour):
    assert wrong(tour, "desk", "phone") == {}


def test_pages_are_accessible_in_light_and_dark(tour):
    assert wrong(tour, "light", "dark") == {}


def test_the_dialog_is_accessible(open_page):
    page = open_page("/worklists/denial")
    page.locator("button.act").first.click()
    assert grave(Axe().run(page, context="#act")) == {}


def test_print_leaves_the_controls_away(open_page):
    page = open_page("/aging")
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.locator(".side").is_visible()
    assert page.locator("svg.chart").is_visible()


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
    "write_off": {"amount", "reason"},
}


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


@pytest.mark.parametrize("path", ["/sign-in", "/claims/" + "0" * 24])
def test_the_card_of_sign_in_and_errors_is_centered(open_page, site, path):
    page = open_page(path, name=None if path == "/sign-in" else "j.park") if path == "/sign-in" else open_page("/")
    if path != "/sign-in":
        page.goto(path)
    box = page.locator("main.card").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - 640) < 2
    assert abs(box["y"] + box["height"] / 2 - 430) < 20
    open_page.complaints.clear()  # of the 404


def test_the_first_page_of_a_print_has_rows(open_page):
    page = open_page("/worklists/denial")
    page.set_viewport_size({"width": 720, "height": 960})
    page.emulate_media(media="print")
    assert page.locator("tr[data-row]").first.bounding_box()["y"] < 500
    assert page.locator(".print-only").is_visible()


def test_the_phone_shows_the_oldest_bucket(open_page):
    page = open_page("/aging", size=PHONE)
    bar = page.locator("svg.chart .label").last.bounding_box()
    assert bar["x"] + bar["width"] <= PHONE[0]


def test_a_billers_day(open_page, site):
    """Find, understand, resolve, snooze, ten at once, undo; by keyboard where there are keys."""
    publish(site, *[e for n in range(20, 32) for e in rejected(n, f"DAY-{n}")])
    page = open_page("/", name="n.abara")
    page.keyboard.press("/")
    page.keyboard.type("DAY-20")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Claim DAY-20").wait_for()
    assert "NPI" in page.locator("[aria-labelledby=work-title]").inner_text()
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Note").fill("called the payer about DAY-20")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Note saved").wait_for()
    page.goto("/worklists/rejection")
    page.wait_for_selector("html[data-ready]")
    rows = page.locator("tr[data-row]", has_text="DAY-")
    keys = [row.get_attribute("data-row") for row in rows.all()]
    rows.nth(2).locator(".go").focus()
    page.keyboard.press("s")
    page.keyboard.press("Control+Enter")
    page.locator(f'[data-row="{keys[2]}"]').wait_for(state="detached")
    page.wait_for_function("key => document.activeElement.closest('tr')?.dataset.row === key", arg=keys[3])
    page.keyboard.press("u")
    page.locator(f'[data-row="{keys[2]}"]').wait_for()
    for row in page.locator("tr[data-row]", has_text="DAY-").all()[:10]:
        row.locator(".pick input").check()
    assert page.locator("#marked").inner_text() == "10"
    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_role("button", name="Assign to me").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text("Assigned: 10 of 10").wait_for()
    page.goto("/worklists/rejection?assignee=me")
    page.wait_for_selector("html[data-ready]")
    assert page.locator("tr[data-row]", has_text="DAY-").count() == 10
    page.locator("tr[data-row] .go").first.click()
    page.get_by_role("link", name="Next claim").click()
    page.get_by_role("link", name="Previous claim").wait_for()


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


def test_a_text_survives_signing_out(open_page, site):
    publish(site, *rejected(41, "KEEP-41"))
    address = f"/claims/{site.ref('KEEP-41')}"
    page = open_page(address)
    page.keyboard.press("n")
    with page.expect_response(lambda answer: "/drafts/" in answer.url and answer.request.method == "POST"):
        page.get_by_role("dialog").get_by_label("Note").press_sequentially("half a sentence")
    page.context.clear_cookies()
    page.goto(address)
    page.get_by_label("Name").fill("j.park")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{address}")
    expect(page.locator("#act-note")).to_have_value("half a sentence", timeout=15_000)
    page.get_by_role("button", name="Cancel").click()


def test_an_auditors_day(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100205')}", name="a.reyes")
    assert page.get_by_role("button", name="Action …").count() == 0
    page.get_by_role("link", name="Who saw this claim").click()
    page.get_by_text("Everyone who saw this claim").wait_for()
    assert "Viewed a claim" in page.locator("tbody").inner_text()
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="Check integrity").click()
    page.get_by_text("Audit log intact").wait_for()
    page.get_by_label("refused and failed only").check()
    page.wait_for_url("**refused=true**")
