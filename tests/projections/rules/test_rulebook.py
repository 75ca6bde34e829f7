"""Packs are chosen by date and scope; a tie is an error, a gap is unknown."""

# packs: sla programs

import json
from datetime import date

import pytest

from projections.rules.programs import program_of
from projections.rules.rulebook import Rulebook, RulePackError, Ruling, Unknown, read_pack
from projections.terms.packcheck import check_pack
from services.store.shipped_rule_packs import shipped_packs, shipped_rulebook
from tests.projections.session_rules.sessions import rulebook


def pack(pack_id, values, scope=None, starts="2026-01-01", ends=None, **more):
    return read_pack(
        {
            "pack_id": pack_id,
            "kind": "units",
            "version": "1",
            "basis": "dos",
            "source": "test",
            "confidence": "H",
            "scope": scope or {},
            "periods": [{"effective_from": starts, "effective_to": ends, "values": values}],
            **more,
        }
    )


def picked(book, on=date(2026, 5, 1), **scope):
    ruling = book.pick("units", on, **scope)
    return ruling.values["x"] if isinstance(ruling, Ruling) else ruling


def test_half_open_periods_and_no_nearest_year():
    book = Rulebook([pack("a", {"x": 1}, ends="2027-01-01")])
    assert picked(book, date(2026, 12, 31)) == 1
    assert picked(book, date(2027, 1, 1)) == Unknown("no units rule covers 2027-01-01")
    assert picked(book, date(2025, 12, 31), payer_id="P") == Unknown("no units rule covers 2025-12-31 for payer_id P")


def test_the_narrower_scope_wins():
    book = Rulebook(
        [
            pack("all", {"x": 1}),
            pack("program", {"x": 2}, {"program": "medicaid"}),
            pack("payer", {"x": 3}, {"payer_id": "P"}),
        ]
    )
    assert picked(book) == 1
    assert picked(book, program="medicaid") == 2
    assert picked(book, program="medicaid", payer_id="P") == 3


def test_two_packs_that_say_the_same_of_the_same_are_refused():
    with pytest.raises(RulePackError, match="both give units"):
        Rulebook([pack("a", {"x": 1}), pack("b", {"x": 2})])
    with pytest.raises(RulePackError, match="both give units"):
        Rulebook([pack("a", {"x": 1}, {"program": "medicaid"}), pack("b", {"x": 2}, {"discipline": "PT"})])
    Rulebook([pack("a", {"x": 1}, ends="2026-06-01"), pack("b", {"x": 2}, starts="2026-06-01")])
    Rulebook([pack("a", {"x": 1}, {"payer_id": "P"}), pack("b", {"x": 2}, {"payer_id": "Q"})])


def test_a_table_is_built_once():
    book = Rulebook([pack("a", {"x": 1})])
    built = []

    def build(values):
        built.append(values)
        return len(built)

    ruling = book.pick("units", date(2026, 5, 1))
    assert [book.table(ruling, build), book.table(ruling, build)] == [1, 1]


def test_shipped_packs_load_and_survive_json():
    book = Rulebook(read_pack(json.loads(json.dumps(content))) for content in shipped_packs())
    whole = shipped_rulebook()
    assert {name: pack.checksum for name, pack in book.packs.items()}.items() <= {
        name: pack.checksum for name, pack in whole.packs.items()
    }.items()
    assert {pack.kind for name, pack in whole.packs.items() if name not in book.packs} == {"holidays"}


KINDS = ["units", "modifiers", "ncci", "kx", "documentation", "diagnosis", "assistant", "sla", "findings", "program"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_cited_and_covers_today(kind):
    ruling = rulebook().pick(kind, date(2026, 11, 1))
    assert isinstance(ruling, Ruling)
    assert ruling.pack.source
    assert ruling.pack.verified_on
    assert ruling.pack.confidence in {"H", "M", "L"}


def test_shipped_packs_can_be_read():
    for content in shipped_packs():
        check_pack(read_pack(content))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("kx", {"review": "3000.00"}),
        ("kx", {"threshold": "a lot", "review": "3000.00"}),
        ("units", {"method": "guess"}),
        ("units", {"by_program": {"medicaid": "guess"}}),
        ("ncci", {"rows": [{"column1": "97140", "column2": "97530", "effective": "soon"}]}),
        ("modifiers", {"rows": [{"code": "97110"}]}),
        ("diagnosis", {"shape": "("}),
        ("findings", {"rows": [{"grade": "advice"}]}),
        ("practice_medicare", {"locality": "national", "edition": "best"}),
        ("practice_medicare", {"locality": "", "edition": "qp"}),
    ],
)
def test_a_pack_that_cannot_be_read_is_refused_by_name(kind, values):
    with pytest.raises(RulePackError, match="pack a@1, period from 2026-01-01"):
        check_pack(pack("a", values, kind=kind))


def test_service_levels():
    """Our own rule of 24 hours; a payer's 277CA in three business days; an answer in thirty days (42 CFR 405.922)."""
    values = rulebook().pick("sla", date(2026, 3, 2)).values
    assert {
        name: (values[name]["length"], values[name]["unit"])
        for name in (
            "submission",
            "rejection_reason",
            "rejection_resubmit",
            "ack_syntax",
            "ack_payer",
            "payer_response",
        )
    } == {
        "submission": (24, "hours"),
        "rejection_reason": (24, "hours"),
        "rejection_resubmit": (24, "hours"),
        "ack_syntax": (24, "hours"),
        "ack_payer": (3, "business_days"),
        "payer_response": (30, "days"),
    }


@pytest.mark.parametrize(
    ("payer", "stated", "indicator", "program"),
    [
        ("MEDICARE", None, None, "original_medicare"),
        ("P1", "Medicare Part B", None, "original_medicare"),
        ("P1", "original_medicare", None, "original_medicare"),
        ("P1", "Medicare-Advantage", "MB", "medicare_advantage"),
        ("P1", None, "MB", "original_medicare"),
        ("P1", None, "mc", "medicaid"),
        ("P1", None, "CI", "commercial"),
        ("P1", "House Plan", None, "house_plan"),
        ("P1", None, "ZZ", None),
        ("P1", None, None, None),
    ],
)
def test_programs(payer, stated, indicator, program):
    assert program_of(rulebook(), date(2026, 3, 2), payer, stated, indicator) == program


def test_without_a_program_pack_only_the_stated_one_is_known():
    assert program_of(Rulebook([]), date(2026, 3, 2), "MEDICARE", "Medicare") == "medicare"
    assert program_of(Rulebook([]), date(2026, 3, 2), "MEDICARE") is None
