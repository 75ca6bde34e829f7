"""The estimate on the desk: a day's sessions, written one service a line."""

import pytest

from services.web.estimating import _services

DAY = {"payer": "MEDICARE", "dos": "2026-03-02", "running": "$2,400.00", "disciplines": ["PT", "OT", "SLP"]}


def ask(site, *services, **more):
    asked = DAY | {"services": [*services, "", ""][:3]} | more
    return site.client("n.abara").post("/estimate", data=asked)


def test_lines_become_services():
    assert _services("97530 30 59\n97110 15 a15 gp\n\n97161 XU") == {
        "timed": [
            {"procedure": "97530", "assistant_minutes": 0, "minutes": "30"},
            {"procedure": "97110", "assistant_minutes": "15", "minutes": "15"},
        ],
        "untimed": [{"procedure": "97161", "assistant_minutes": 0}],
        "order": ["timed", "timed", "untimed"],
        "modifiers": {"97530": ["59"], "97110": ["gp"], "97161": ["XU"]},
    }


def test_two_disciplines_of_a_day_are_priced_together_and_the_form_keeps_what_was_written(site):
    """domain.md 4.6 E: 97530-GP x2 and 97535-GO x2 of one day"""
    told = ask(site, "97530 30", "97535 30")
    assert told.status_code == 200
    for words in ("$60.12", "$47.76", "$107.88", "97530 30</textarea>", "97535 30</textarea>", "KX threshold"):
        assert words in told.text, words


def test_a_line_that_will_be_denied_is_left_out_of_the_sums(site):
    told = ask(site, "97110 15\n97014").text
    assert "will be denied: not in the totals" in told
    assert "PT: allowed $29.06" in told


@pytest.mark.parametrize(
    ("services", "more", "words"),
    [
        ("97530 2000", {}, "Timed service 1, minutes: "),
        ("97530 15 toolong", {}, "Modifiers 97530"),
        ("", {}, "a session needs at least one timed or untimed service"),
        ("97161", {"dos": "2026-02-30"}, "Dos: "),
        ("97161", {"running": "much"}, "Running: "),
    ],
)
def test_what_is_wrong_is_said_by_field(site, services, more, words):
    told = ask(site, services, **more)
    assert (told.status_code, words in told.text) == (422, True), told.text[told.text.find('role="alert"') :][:200]


def test_a_wrong_second_session_is_named(site):
    assert "Session 2, timed service 1, minutes" in ask(site, "97530 15", "97535 9999").text


def test_a_session_of_the_practice_without_the_right_to_estimate_sees_no_form(site):
    assert site.client("a.reyes").get("/estimate").status_code == 403
