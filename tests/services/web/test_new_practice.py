"""In a browser: a new practice from an empty directory to its first worked list; a manager's month end."""

import io
import re
import shutil
from contextlib import contextmanager, suppress
from decimal import Decimal
from urllib.parse import urlsplit

import openpyxl
import pytest
from pypdf import PdfReader

from services.api.app import create_app
from services.app_context import open_app_context, projecting
from services.commands.publish_events import wait_until_projected
from services.commands.watch import InboxWatch
from services.core.clock import FixedClock
from services.core.errors import ClaimclockError
from services.core.settings import load_settings
from services.demo.month import DEMO_AT, write_month
from services.devtools.screenshots import serving
from services.reads.inboxes import inboxes_in_use
from services.security.people import add_person
from tests.services.web.conftest import PASSWORD, made_site, sign_in

pytestmark = pytest.mark.browser
FEE_SCHEDULE = b"CPT,Description,Fee\n97110,Exercise,40.00\n97530,Activities,50.00\n"


@contextmanager
def served(directory, browser, person="boss"):
    """As `claimclock serve` on this directory with no settings at all, a page signed in, and its app."""
    with open_app_context(load_settings(data_dir=directory), FixedClock(DEMO_AT)) as app, projecting(app):
        with suppress(ClaimclockError):
            add_person(app.engine, person, "admin", ["default"], DEMO_AT, password=PASSWORD)
        with serving(create_app(app)) as base:
            page = browser.new_context(base_url=base, reduced_motion="reduce").new_page()
            page.set_default_timeout(30_000)
            sign_in(page, person)
            yield page, app
            page.context.close()


def workbook():
    """With headings that nobody guesses."""
    book = openpyxl.Workbook()
    for row in (("Service", "What we pay"), ("97110", 40), ("97530", 50), ("97140", 38.5)):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return {"name": "Cedar fees.xlsx", "mimeType": "application/octet-stream", "buffer": out.getvalue()}


def test_a_new_practice_comes_to_its_first_worked_list(tmp_path, browser):
    files = tmp_path / "files"
    files.mkdir()
    write_month(files)
    data = tmp_path / "data"
    with served(data, browser) as (page, app):
        the_zone_comes_first(page)
        assert app.restart.is_set(), "`serve` begins again by itself"
    with served(data, browser) as (page, app):
        assert page.get_by_text("Set up this practice").is_visible()
        the_practice_is_named(page)
        remittances_alone_are_a_row_for_each_check(page, app, sorted(files.glob("2026-10*_835_*")))
        claims_take_these_rows_away(page, app, sorted(files.glob("2026-10*_837P_*")))
        a_payer_is_named_and_gets_terms(page)
        a_fee_schedule_is_read_by_its_columns(page)
        link = a_biller_is_added(page)
        files_arrive_by_themselves(page, app, files)
        page.goto("/setup")
        page.get_by_role("button", name="Setup is finished").click()
        page.wait_for_url("**/")
        page.wait_for_selector("html[data-ready]")
        assert page.get_by_text("Set up this practice").count() == 0
        assert page.get_by_text("Last file received today").is_visible()
        the_biller_works_the_first_row(page.context.browser, page.url, link)


def the_zone_comes_first(page):
    assert page.get_by_text("No file has been received yet").is_visible()
    page.get_by_role("link", name="Continue setup").click()
    page.get_by_role("button", name="Setup is finished").click()
    page.get_by_text("Choose the time zone first").wait_for()
    page.get_by_role("link", name="Time zone: set up").click()
    assert page.get_by_label("Time zone").input_value() == "", "nobody gets UTC without having chosen it"
    page.get_by_label("Time zone").select_option("America/Chicago")
    page.get_by_role("button", name="Save the time zone").click()
    page.get_by_text("The service is restarting").wait_for()


def the_practice_is_named(page):
    page.get_by_role("link", name="Continue setup").click()
    page.get_by_role("link", name="Name and address of the practice: set up").click()
    assert page.get_by_label("Time zone").input_value() == "America/Chicago"
    page.get_by_label("Name", exact=True).fill("Quillback Therapy")
    page.get_by_label("Address").fill("1 Main St\nDuluth, MN 55802")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as version 1").wait_for()


def rows_of(page, kind):
    page.goto(f"/worklists/{kind}")
    page.wait_for_selector("html[data-ready]")
    return page.locator("tr[data-row]").count()


def remittances_alone_are_a_row_for_each_check(page, app, remittances):
    upload(page, app, remittances)
    page.goto("/remittances")
    checks = page.locator("main tbody tr").count()
    assert 0 < rows_of(page, "unmatched") <= checks, "not one for each of some hundred payments"


def claims_take_these_rows_away(page, app, claims):
    before = rows_of(page, "unmatched")
    upload(page, app, claims)
    assert rows_of(page, "unmatched") < before
    page.goto("/setup")
    step = page.locator("tr", has_text="Claims sent (837)")
    assert "import the last 12 months" in step.inner_text()


def a_payer_is_named_and_gets_terms(page):
    page.get_by_role("link", name="Payers and their terms: set up").click()
    page.get_by_role("link", name="CEDAR BLUFF HEALTH PLAN (31877)").click()
    page.get_by_label("Our name for it").fill("Cedar, our largest")
    page.locator("form", has=page.get_by_label("Our name for it")).get_by_role("button").click()
    put_into_force(page)
    page.get_by_role("heading", name="Cedar, our largest").wait_for()
    page.locator("select[name=network]").select_option("in")
    page.locator("form", has=page.locator("select[name=template]")).get_by_role("button").click()
    put_into_force(page)
    page.get_by_label("Length, filing limit", exact=True).fill("120")
    page.get_by_label("Length, appeal, level 1").fill("180")
    page.locator("form", has=page.get_by_label("Length, appeal, level 1")).get_by_role("button").click()
    page.get_by_text(re.compile("would (give|move)")).wait_for()
    put_into_force(page)
    page.get_by_role("heading", name="Cedar, our largest").wait_for()
    in_force = page.get_by_role("table", name="Terms in force").inner_text()
    assert "120 days" in in_force
    assert "180 days" in in_force


def put_into_force(page):
    page.get_by_role("heading", name="Review before it takes effect").wait_for()
    page.get_by_role("button", name="Put into force").click()
    page.get_by_role("heading", name="Review before it takes effect").wait_for(state="detached")


def a_fee_schedule_is_read_by_its_columns(page):
    page.goto("/setup")
    page.get_by_role("link", name="Fee schedules and contracts: set up").click()
    read_contract(page, workbook(), "2025-01-01", "1")
    page.get_by_text("What we pay").wait_for()  # its first rows, so that the columns can be named
    page.get_by_label("Heading of the codes").fill("Service")
    page.get_by_label("of the amounts").fill("What we pay")
    read_contract(page, workbook(), "2025-01-01", "1")
    page.get_by_text("Rate of 97140").wait_for()
    page.get_by_text("What would change").wait_for()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("1 version published").wait_for()
    file = {"name": "cedar.csv", "mimeType": "text/csv", "buffer": FEE_SCHEDULE.replace(b"40.00", b"41.00")}
    read_contract(page, file, "2026-10-01", "2")
    page.get_by_text("What would change").wait_for()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("1 version published").wait_for()
    both = page.get_by_label("Contract cedar").inner_text()
    assert "Version 1" in both
    assert "41.00" in both


def read_contract(page, file, since, version):
    page.locator("main input[type=file]").set_input_files(file)
    page.locator("main input[name=payer_id]").fill("31877")
    page.get_by_label("Contract name").fill("cedar")
    page.get_by_label("Version").fill(version)
    page.get_by_label("For services from").fill(since)
    page.get_by_role("button", name="Read the file").click()


def a_biller_is_added(page):
    page.goto("/setup")
    page.get_by_role("link", name="People: set up").click()
    page.get_by_label("Name", exact=True).fill("pat")
    page.get_by_role("button", name="Add user and create sign-in link").click()
    link = page.get_by_label("Sign-in link").input_value()
    page.goto("/setup")
    assert "Done" in page.locator("tr", has_text="People").inner_text()
    return link


def files_arrive_by_themselves(page, app, files):
    page.get_by_role("link", name="Inbox for files that arrive by themselves: set up").click()
    page.get_by_role("button", name="Turn the drop folder on").click()
    page.get_by_role("button", name="Turn the drop folder off").wait_for()
    (answer,) = files.glob("2026-10-01_*_999_A.edi")
    shutil.copy(answer, app.settings.data_dir / "inbox")
    inboxes = [each.model_copy(update={"settle": 0}) for each in inboxes_in_use(app.engine, app.settings).inbox]
    assert not InboxWatch(app, inboxes).look().problems
    assert wait_until_projected(app)
    page.reload()
    assert "Imported" in page.locator("tr", has_text=answer.name).inner_text()


def the_biller_works_the_first_row(browser, base, link):
    page = browser.new_context(base_url=base, reduced_motion="reduce").new_page()
    page.goto(urlsplit(link).path)  # of the address that settings name
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("html[data-ready]")
    assert page.get_by_role("link", name="People").count() == 0
    row = page.locator("tr[data-ref]").first
    claim = row.get_attribute("data-claim")
    row.get_by_role("link", name=claim).click()
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_label("Note", exact=True).fill("called the payer")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("called the payer").first.wait_for()
    page.context.close()


def upload(page, app, paths):
    """As a person does; then until all of it is in every row."""
    page.goto("/upload")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Files to upload").set_input_files(paths)
    page.locator("tr[data-done]").nth(len(paths) - 1).wait_for(timeout=60_000)
    assert wait_until_projected(app)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Of its own: a month end leaves a contract, terms and letters behind."""
    with made_site(tmp_path_factory.mktemp("month-end")) as made:
        yield made


def test_a_managers_month_end(open_page):
    page = open_page("/aging?as_of=2026-10-31")
    page.set_default_timeout(60_000)  # the past is folded for its first read
    aging_leads_to_its_claims(page)
    the_dispute_packet_is_filed(page)
    a_contract_is_published(page)
    a_payers_terms_are_changed(page)
    the_team_and_its_week(page)


def aging_leads_to_its_claims(page):
    assert page.get_by_text("Viewing data as of").is_visible()
    cell = page.locator("table td a").first
    amount = money(cell.inner_text())
    cell.click()
    page.wait_for_selector("html[data-ready]")
    assert "as_of=2026-10-31" in page.url
    assert page.get_by_role("button", name="Action …").count() == 0, "nobody changes the past"
    assert f"${amount:,.2f}: " in page.locator(".head").inner_text(), "the sum that was clicked"
    assert page.locator("table tbody tr").count() > 0
    page.get_by_role("link", name="Back to now").click()
    page.wait_for_selector("html[data-ready]")
    assert "as_of" not in page.url


def money(text):
    return Decimal(text.replace("$", "").replace(",", ""))


def the_dispute_packet_is_filed(page):
    page.goto("/setup/practice")
    page.get_by_label("Name", exact=True).fill("Quillback Therapy")
    page.get_by_label("Address").fill("1 Main St\nDuluth, MN 55802")
    page.get_by_label("Signed by: name and title").fill("Jo Park\nBilling Manager")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as version 1").wait_for()
    page.goto("/underpayments?payer=CEDAR&procedure=97110")
    page.get_by_role("link", name=re.compile("Dispute letter for .* 97110")).first.click()
    preview = page.locator("article.letter")
    assert preview.locator("table", has_text="Underpaid lines").locator("tbody tr").count() == 36, "35 lines, their sum"
    page.get_by_label("Recipient: name and address").fill("Cedar Bluff\nPO Box 9\nMadison, WI 53701")
    page.get_by_role("button", name="Update the preview").click()
    preview.get_by_text("PO Box 9").wait_for()
    assert page.get_by_text("Still missing").count() == 0
    page.get_by_label("Answer expected by").fill("2026-12-15")
    page.get_by_role("button", name="File as sent").click()
    page.get_by_role("heading", name="Packet filed").wait_for(timeout=60_000)
    refused = page.locator("tr", has_text="BT100303").inner_text()  # sent again since, and not decided yet
    assert refused.endswith("is not decided yet."), refused
    page.get_by_role("link", name="The letter").click()
    page.get_by_role("heading", name="Letters", exact=True).wait_for()
    sent = page.locator("tr", has_text="about 35 claims")
    assert "Dec 15" in sent.inner_text()
    file = page.request.get(sent.get_by_role("link", name="PDF").get_attribute("href"))
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(file.body())).pages)
    assert "For the 35 service lines below" in text
    assert "Draft" not in text
    page.goto("/underpayments?payer=CEDAR&procedure=97110")
    assert "disputed" in page.locator("main").inner_text().lower()


def a_contract_is_published(page):
    page.goto("/contracts")
    file = {"name": "cedar.csv", "mimeType": "text/csv", "buffer": FEE_SCHEDULE}
    page.locator("main input[type=file]").set_input_files(file)
    page.locator("main input[name=payer_id]").fill("CEDAR")
    page.get_by_label("Contract name").fill("cedar-therapy")
    page.get_by_label("Version").fill("3")
    page.get_by_label("For services from").fill("2026-10-01")
    page.get_by_role("button", name="Read the file").click()
    page.get_by_text("What would change").wait_for()
    assert re.search(r"\d+ lines? (is|are) priced differently", page.locator("main").inner_text())
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("1 version published").wait_for()
    assert "Version 3" in page.get_by_label("Contract cedar-therapy").inner_text()


def a_payers_terms_are_changed(page):
    page.goto("/payers/terms?payer=CEDAR")
    page.get_by_label("Length, appeal, level 1").fill("200")
    page.locator("form", has=page.get_by_label("Length, appeal, level 1")).get_by_role("button").click()
    put_into_force(page)
    assert "200 days" in page.get_by_role("table", name="Terms in force").inner_text()


def the_team_and_its_week(page):
    page.goto("/team")
    page.get_by_role("link", name="90 days").click()
    page.wait_for_selector("html[data-ready]")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="j.park"))
    assert int(row.locator("[data-label=actions]").inner_text()) >= 1, "the packet is an act of who filed it"
    for heading in ("Cash expected", "Lost to deadlines", "Work by person"):
        assert page.get_by_role("heading", name=heading).is_visible()
    for name, start in (("Week as PDF", b"%PDF-"), ("Week as email text", b"")):
        answer = page.request.get(page.get_by_role("link", name=name).get_attribute("href"))
        assert answer.ok
        assert answer.body().startswith(start)
    page.goto("/webhooks")
    page.get_by_label("Name", exact=True).fill("Week")
    page.get_by_label("Address").fill("mailto://boss@clinic.example")
    page.get_by_label("Weekly summary").check()
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.locator("tr", has=page.get_by_role("cell", name="Week", exact=True))
    assert "mailto://" in row.inner_text()
