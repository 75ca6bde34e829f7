"""What the payer did with each submission, and whether a finding predicted it."""

import pytest

from projections.claims.fold import fold_claim
from projections.rows.claim_answers import claim_answers, outcome
from projections.tables.answered import Answered, AnswerTrouble
from tests.projections.readiness.documented import accepted, answered, event, reference, rejected, sent

TERMS = reference()
LATER = "2026-03-25T22:00:00+00:00"


def answers(*events):
    return claim_answers(fold_claim("default", "A", events, TERMS), TERMS)


def troubles(*events):
    return [(a.attempt, t.kind, t.line, t.category, t.family) for a in answers(*events) for t in a.troubles]


def claim(**more):
    return sent("97530 x2 GP", "97110 x1 GP", **more)


def test_nothing_said_yet():
    assert answers(claim()) == ()


def test_accepted_then_decided():
    first = claim()
    assert answers(first, accepted()) == (Answered(attempt=1, accepted=True, decided=False, troubles=()),)
    assert answers(first, accepted(), answered(first)) == (
        Answered(attempt=1, accepted=True, decided=True, troubles=()),
    )


@pytest.mark.parametrize(
    ("reason", "remarks", "category", "family"),
    [
        ("4", (), "modifier", "modifier"),
        ("119", (), "kx", "modifier"),
        ("97", (), "ncci", "ncci"),
        ("50", (), "medical_necessity", "documentation"),
        ("197", (), "authorization", "authorization"),
        ("16", ("M76",), "diagnosis", "documentation"),
    ],
)
def test_denied_lines_by_the_code_table(reason, remarks, category, family):
    first = claim()
    denial = answered(first, "claim.denied.v1", reason=reason, line_remarks=remarks)
    assert troubles(first, denial) == [(1, "denied", number, category, family) for number in (1, 2)]


def test_the_patients_share_and_the_contract_are_no_trouble():
    first = claim()
    deductible = answered(first, "payment.posted.v1", group="PR", reason="1")
    assert troubles(first, deductible) == []


@pytest.mark.parametrize(
    ("status", "category", "family"),
    [
        ("453", "modifier", "modifier"),
        ("255", "diagnosis", "documentation"),
        ("562", "enrollment", "enrollment"),
        ("21", "submission", "submission"),
    ],
)
def test_rejections_by_claim_status_code(status, category, family):
    assert troubles(claim(), rejected(status=status)) == [(1, "rejected", None, category, family)]


def test_unprocessable_in_a_remittance_is_a_rejection_by_its_reason():
    """RARC MA130: never adjudicated, so nothing was decided."""
    first = claim()
    returned = answered(
        first,
        "claim.rejected.v1",
        reason="4",
        remarks=("MA130",),
        stage="payer",
        paid="0.00",
        codes=[{"list": "rarc", "status": "MA130"}],
    )
    found = answers(first, returned)
    assert {(t.kind, t.category) for t in found[0].troubles} == {("rejected", "modifier")}
    assert not found[0].decided


def test_what_the_payer_refuses_it_has_not_accepted():
    refused = answers(claim(), accepted(), rejected(time="2026-03-04T15:00:00+00:00"))
    assert [a.accepted for a in refused] == [False]


def test_each_submission_has_its_own_answer():
    first, second = claim(), claim(time=LATER, frequency="7", original_reference="1")
    denied = answered(first, "claim.denied.v1", on="2026-03-20", reason="4")
    paid = answered(second, on="2026-04-10")
    assert [(a.attempt, a.decided, len(a.troubles)) for a in answers(first, denied, second, paid)] == [
        (1, True, 2),
        (2, True, 0),
    ]


def test_a_denial_that_was_taken_back_came_true_all_the_same():
    first = claim()
    denied = answered(first, "claim.denied.v1", on="2026-03-20", reason="4")
    data = denied.data.model_dump(mode="json") | {"status_code": "22", "charge": "-225.00"}
    data["lines"] = [line | {"charge": f"-{line['charge']}", "adjustments": []} for line in data["lines"]]
    data["remit"]["payment_date"] = "2026-04-01"
    reversal = event("payment.reversed.v1", data, "2026-04-01T15:00:00+00:00")
    assert len(troubles(first, denied, reversal)) == 2


def test_rows_are_read_back_as_they_were():
    first = claim()
    for one in answers(first, answered(first, "claim.denied.v1", reason="4")):
        assert Answered.from_json(one.to_json()) == one


KX = AnswerTrouble(kind="denied", line=2, category="kx", family="modifier")
WHOLE = AnswerTrouble(kind="rejected", line=None, category="modifier", family="modifier")


@pytest.mark.parametrize(
    ("grade", "predicts", "line", "said", "result"),
    [
        ("denied", ("kx",), 2, Answered(attempt=1, accepted=True, decided=True, troubles=(KX,)), "hit"),
        (
            "denied",
            ("kx",),
            1,
            Answered(attempt=1, accepted=True, decided=True, troubles=(KX,)),
            "miss",
        ),  # on that line
        (
            "denied",
            ("ncci",),
            2,
            Answered(attempt=1, accepted=True, decided=True, troubles=(KX,)),
            "miss",
        ),  # for that reason
        (
            "denied",
            ("kx",),
            None,
            Answered(attempt=1, accepted=True, decided=True, troubles=(KX,)),
            "hit",
        ),  # of the whole claim
        ("rejected", ("modifier",), 1, Answered(attempt=1, accepted=False, decided=False, troubles=(WHOLE,)), "hit"),
        (
            "rejected",
            ("diagnosis",),
            1,
            Answered(attempt=1, accepted=False, decided=False, troubles=(WHOLE,)),
            None,
        ),  # turned away for another reason
        (
            "rejected",
            ("modifier",),
            1,
            Answered(attempt=1, accepted=True, decided=False, troubles=()),
            "miss",
        ),  # accepted by the front end
        ("denied", ("kx",), 1, Answered(attempt=1, accepted=True, decided=False, troubles=()), None),  # not decided yet
        ("at_risk", ("documentation",), None, Answered(attempt=1, accepted=True, decided=True, troubles=()), "miss"),
        (
            "advice",
            (),
            None,
            Answered(attempt=1, accepted=True, decided=True, troubles=(KX,)),
            None,
        ),  # predicts nothing
        ("denied", ("kx",), 1, None, None),  # nothing said
    ],
)
def test_what_came_of_a_finding(grade, predicts, line, said, result):
    assert outcome(grade, predicts, line, said) == result
