"""What an estimate may be asked: a wrong field is named."""

from datetime import date
from decimal import Decimal

import pytest

from projections.session_rules.estimate_request import InvalidRequestError, read_request, request_from_options

GOOD = {"payer": "MEDICARE", "dos": "2026-03-02", "discipline": "PT"}


def options(**more):
    return request_from_options(**{**GOOD, "timed": ["97530:23"], **more})


def test_options_become_a_session():
    request = options(
        timed=["97530:23", " 97110 : 15"],
        untimed=["97161", "97150:40"],
        assistant=["97110:15"],
        charge=["97530:150.00"],
        running="2455.00",
    )
    assert [(s.procedure, s.minutes, s.assistant_minutes, s.timed) for s in request.session.services] == [
        ("97530", 23, 0, True),
        ("97110", 15, 15, True),
        ("97161", None, 0, False),
        ("97150", 40, 0, False),
    ]
    assert (request.session.dos, request.session.payer_id) == (date(2026, 3, 2), "MEDICARE")
    assert (request.charges, request.running) == ({"97530": Decimal("150.00")}, Decimal("2455.00"))


def test_json_says_the_same_as_options():
    body = {
        **GOOD,
        "timed": [
            {"procedure": "97530", "minutes": 23},
            {"procedure": "97110", "minutes": 15, "assistant_minutes": 15},
        ],
        "untimed": [{"procedure": "97161"}],
        "charges": {"97530": "150.00"},
        "running": 2455,
    }
    other = options(
        timed=["97530:23", "97110:15"],
        untimed=["97161"],
        assistant=["97110:15"],
        charge=["97530:150.00"],
        running="2455",
    )
    one = read_request(body)
    assert (one.session, one.charges, one.running) == (other.session, other.charges, other.running)


def test_services_keep_the_order_in_which_both_kinds_were_given():
    both = {"timed": ["97530:23", "97110:15"], "untimed": ["97161"]}
    codes = [
        [s.procedure for s in options(**both, order=order).session.services]
        for order in (["timed", "untimed", "timed"], ["untimed", "timed"], [])
    ]
    assert codes == [["97530", "97161", "97110"], ["97530", "97110", "97161"], ["97530", "97110", "97161"]]


def test_assistant_minutes_of_a_code_listed_twice_are_shared_out():
    request = options(timed=["97110:10", "97110:10"], assistant=["97110:12"])
    assert [s.assistant_minutes for s in request.session.services] == [10, 2]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("payer", {"payer": ""}),
        ("dos", {"dos": "2026-02-30"}),
        ("dos", {"dos": None}),
        ("discipline", {"discipline": "XX"}),
        ("discipline", {"discipline": None}),
        ("timed", {"timed": []}),
        ("timed", {"timed": ["97530"]}),
        ("timed", {"timed": [":23"]}),
        ("timed[0].minutes", {"timed": ["97530:-1"]}),
        ("timed[0].minutes", {"timed": ["97530:7.5"]}),
        ("timed[0].minutes", {"timed": ["97530:many"]}),
        ("timed[0].minutes", {"timed": ["97530:1441"]}),
        ("untimed[0].procedure", {"untimed": [" "]}),
        ("untimed[0].minutes", {"untimed": ["97150:x"]}),
        ("assistant", {"assistant": ["97110:5"]}),
        ("assistant", {"assistant": ["97530:24"]}),
        ("assistant.97530", {"assistant": ["97530:-2"]}),
        ("charges.97530", {"charge": ["97530:-1"]}),
        ("charges.97530", {"charge": ["97530:1.001"]}),
        ("charges", {"charge": ["97110:10.00"]}),
        ("charge", {"charge": ["97530:10.00", "97530:20.00"]}),
        ("running", {"running": "-0.01"}),
        ("running", {"running": "NaN"}),
    ],
)
def test_a_wrong_option_is_named(field, change):
    with pytest.raises(InvalidRequestError) as caught:
        options(**change)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("timed", {"timed": {"procedure": "97530"}}),
        ("timed[0]", {"timed": ["97530"]}),
        ("timed[0].procedure", {"timed": [{"minutes": 5}]}),
        ("timed[0].procedure", {"timed": [{"procedure": True, "minutes": 5}]}),
        ("timed[0].minutes", {"timed": [{"procedure": "97530"}]}),
        ("timed[0].minutes", {"timed": [{"procedure": "97530", "minutes": -5}]}),
        ("timed[0].minutes", {"timed": [{"procedure": "97530", "minutes": True}]}),
        ("timed[0].assistant_minutes", {"timed": [{"procedure": "97530", "minutes": 5, "assistant_minutes": 6}]}),
        ("assistant", {"assistant": [5]}),
        ("charges.97530", {"charges": {"97530": "a lot"}}),
    ],
)
def test_a_wrong_field_of_json_is_named(field, change):
    with pytest.raises(InvalidRequestError) as caught:
        read_request({**GOOD, "timed": [{"procedure": "97530", "minutes": 23}], **change})
    assert caught.value.field == field


def test_nothing_at_all_is_still_a_clear_error():
    with pytest.raises(InvalidRequestError):
        read_request({})
