"""Two days of work in a real browser: a biller with nothing but the keyboard, and an auditor."""

import pytest

from tests.services.web.published import publish, rejected

pytestmark = pytest.mark.browser


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
