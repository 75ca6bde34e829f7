"""The tab order in a real browser: as one reads, never trapped, always seen, and short to the list."""

from itertools import groupby

import pytest

from tests.services.web.test_pages import deep

pytestmark = pytest.mark.browser
STOPS = 45  # of each page that are walked
PAGES = ("/", "/aging", "/audit", "/upload", "/thresholds")
WHERE = """() => {
    const all = [...document.querySelectorAll('*')], at = document.activeElement, box = at.getBoundingClientRect();
    const style = getComputedStyle(at);
    return {
        place: all.indexOf(at), tag: at.tagName, text: (at.innerText || at.name || '').slice(0, 40),
        seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.left >= 0,
        marked: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    };
}"""


def walk(page, stops):
    found = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        here = page.evaluate(WHERE)
        if here["tag"] == "BODY":
            break  # over the end
        found.append(here)
    return found


@pytest.mark.parametrize("number", range(len(PAGES) + 2))
def test_tabs_go_on_as_one_reads_and_are_always_seen(open_page, site, number):
    page = open_page([*PAGES, *deep(site)[:1], "/payers"][number], name="root")
    found = walk(page, STOPS)
    assert len(found) > 10
    places = [place for place, _ in groupby(here["place"] for here in found)]  # a date has a stop for each part
    assert places == sorted(set(places)), "each stop once, in the order of the page"
    assert [here for here in found if not here["seen"]] == []
    assert [here for here in found if not here["marked"] and here["tag"] != "INPUT"] == []  # a date marks its own parts
    assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0


def test_the_first_row_of_a_list_is_near(open_page):
    page = open_page("/worklists/denial")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to the list").wait_for()
    page.keyboard.press("Enter")
    texts = [here["text"] for here in walk(page, 9)]
    assert page.locator("tr[data-row] .go").first.inner_text() in texts


def test_back_from_a_claim_is_back_to_its_row(open_page):
    page = open_page("/worklists/rejection")
    for _ in range(4):
        page.keyboard.press("j")
    claim = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"Claim {claim}").wait_for()
    page.go_back()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("document.activeElement.textContent") == claim


def test_a_dialog_keeps_the_tabs_to_itself_and_gives_the_focus_back(open_page):
    page = open_page("/worklists/denial")
    row = page.locator("tr[data-row]").nth(1)
    row.locator(".go").focus()
    page.keyboard.press("n")
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.wait_for_function(
        "key => document.activeElement.closest('tr')?.dataset.row === key", arg=row.get_attribute("data-row")
    )


@pytest.mark.parametrize("path", ["/", "/thresholds", "/remittances", "/patterns"])
def test_the_switch_that_opens_filters_is_for_phones(open_page, path):
    wide, phone = open_page(path), open_page(path, size=(390, 844))
    assert not wide.locator(".filters-toggle").is_visible()
    assert phone.locator(".filters-toggle").is_visible()
