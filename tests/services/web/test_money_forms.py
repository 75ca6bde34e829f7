"""The forms for deposits and paper EOBs, used as a person uses them."""


def test_a_deposit_is_entered_and_listed(open_page):
    page = open_page("/deposits")
    page.click("#enter-deposit summary")
    form = page.locator("form[data-entry]")
    form.get_by_label("Date").fill("2026-07-02")
    form.get_by_label("Amount").fill("41.17")
    form.get_by_label("Check or trace number").fill("FORM-1")
    form.get_by_role("button", name="Save deposit").click()
    page.get_by_role("row").filter(has_text="FORM-1").filter(has_text="entered by hand").wait_for()
    assert page.get_by_text("the bank's line counts").count() == page.get_by_text("the 835 counts").count() == 0


def test_a_paper_eob_is_saved_only_once_it_balances(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100127')}")
    page.get_by_role("link", name="Enter paper EOB").click()
    page.wait_for_selector("html[data-ready]")
    form = page.locator("form[data-entry]")
    assert form.get_by_label("Claim number", exact=True).input_value() == "BT100127"
    off = page.locator("[data-off]")
    assert off.inner_text().startswith("Not balanced")
    form.get_by_label("Check or trace number").fill("PAPER-77")
    form.get_by_label("Payment date").fill("2026-07-01")
    charge = form.locator("[name=charge]").input_value()
    form.locator("[name=paid]").fill("0")
    for place in range(page.locator("[data-line=lines]").count()):
        line = f"lines.{place}"
        form.locator(f"[name='{line}.paid']").fill("0")
        form.locator(f"[name='{line}.adjustments.0.group']").select_option("CO")
        form.locator(f"[name='{line}.adjustments.0.reason']").fill("45")
        if place:
            billed = form.locator(f"[name='{line}.charge']").input_value()
            form.locator(f"[name='{line}.adjustments.0.amount']").fill(billed)
    form.locator("[name='lines.0.adjustments.0.amount']").fill("0.01")
    form.get_by_role("button", name="Save EOB").click()
    problem = page.get_by_role("alert").filter(has_text="differs from the amount paid")
    problem.wait_for()
    open_page.complaints[:] = [said for said in open_page.complaints if "422" not in said]  # the refusal itself
    assert form.locator("[name=check_number]").input_value() == "PAPER-77"  # what was typed is kept
    first = form.locator("[name='lines.0.charge']").input_value()
    form.locator("[name='lines.0.adjustments.0.amount']").fill(first)
    assert off.inner_text() == "Balanced", charge
    form.get_by_role("button", name="Save EOB").click()
    page.wait_for_url("**/claims/*")
    page.wait_for_selector("html[data-ready]")


def test_a_line_can_be_added(open_page):
    page = open_page("/paper-eob")
    page.get_by_role("button", name="Add a line").click()
    assert page.locator("[data-line=lines]").count() == 2
    assert page.locator("[name='lines.1.procedure']").input_value() == ""
