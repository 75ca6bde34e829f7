"""Routing in a real browser: a rule is tried, put in force, seen on the list, ended; the form's fields stand in line."""

import pytest

pytestmark = pytest.mark.browser

FORM = "form[action$='/routing/try']"
OUT_OF_LINE = """(form) => [...document.querySelectorAll(form + ' .row')].flatMap((row) => {
  const boxes = [...row.querySelectorAll(':scope > * > :is(input, select), :scope > .pick-many > details')]
    .map((each) => each.getBoundingClientRect()).filter((box) => box.width);
  return boxes.flatMap((box) => boxes.filter((other) => other.top < box.bottom && other.bottom > box.top
    && Math.abs(other.bottom - box.bottom) > 3).map(() => row.textContent.trim().slice(0, 40)));
})"""


def test_a_rule_from_its_form_to_the_list_and_to_its_end(open_page):
    page = open_page("/?assignee=n.abara")
    rows = page.locator("tr[data-row][data-payer=CEDAR]")
    had = rows.count()  # what people gave to n.abara themselves
    routed = page.locator("tr[data-row]", has_text="by rule Cedar to Abara")
    page.goto("/routing")
    form = page.locator(FORM)
    form.get_by_label("Name").fill("Cedar to Abara")
    form.locator("summary", has=page.locator("#payers-now")).click()
    form.locator("input[name=payers][value=CEDAR]").check()
    page.keyboard.press("Escape")
    form.get_by_label("Send to").select_option("n.abara")
    form.get_by_role("button", name="Try").click()
    page.get_by_text("would do now").wait_for()
    assert "to n.abara, now with nobody" in page.locator("main").inner_text()
    page.get_by_role("button", name="Save this rule").click()
    page.get_by_text("Saved.", exact=True).wait_for()
    page.goto("/?assignee=n.abara")
    routed.first.wait_for()
    assert rows.count() > had
    page.goto("/routing")
    page.get_by_role("button", name="End Cedar to Abara").click()
    page.get_by_text("ended").first.wait_for()
    page.goto("/?assignee=n.abara")
    page.locator("main").wait_for()
    assert (rows.count(), routed.count()) == (had, 0)


@pytest.mark.parametrize(("size", "scheme"), [((1280, 860), "light"), ((1280, 860), "dark"), ((390, 844), "light")])
def test_fields_of_a_row_stand_in_line(open_page, size, scheme):
    page = open_page("/routing", size=size, color_scheme=scheme)
    page.locator(FORM).wait_for()
    assert page.evaluate(OUT_OF_LINE, FORM) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
