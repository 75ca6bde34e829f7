"""What a practice learns from its remittances, and what it does not."""

import json
from datetime import date, timedelta

import pytest

from services.core.errors import NotFoundError
from services.projector.adopt_rule_packs import OWN, adoption
from services.reads.findings import findings, score
from services.reads.learning import learned_offers, learned_pack
from services.reads.read_context import ReadContext
from tests.services.scheduler.conftest import references

FIRST = date(2026, 1, 6)
POLICY = {"payer_id": "BCBS", "version": 1, "effective_from": "2026-01-01", "names": ["BCBS"]}


def context(practice):
    return ReadContext(engine=practice.engine, references=references(), practice="default", at=practice.clock.now())


def story(practice, outcomes, diagnosis="M54.50", procedure="97530", payer="BCBS", start=1, reason="11"):
    """One claim for each letter: d denied with CO-11, p paid."""
    for number, outcome in enumerate(outcomes, start):
        day = FIRST + timedelta(days=number)
        line = {
            "number": 1,
            "procedure": procedure,
            "modifiers": ["GP"],
            "units": 2,
            "charge": "210.00",
            "dos": str(day),
        }
        practice.sent(
            f"{payer}{procedure}{diagnosis}{number}", str(day), payer=payer, lines=[line], diagnoses=[diagnosis]
        )
        denied = outcome == "d"
        practice.answered(
            "claim.denied.v1" if denied else "payment.posted.v1",
            f"{payer}{procedure}{diagnosis}{number}",
            str(day + timedelta(days=14)),
            [{"group": "CO", "reason": reason if denied else "45", "amount": "210.00" if denied else "110.00"}],
            "0.00" if denied else "100.00",
            dos=str(day),
            payer_id=payer,
            lines=[
                line
                | {
                    "paid": "0.00" if denied else "100.00",
                    "adjustments": [
                        {
                            "group": "CO",
                            "reason": reason if denied else "45",
                            "amount": "210.00" if denied else "110.00",
                        }
                    ],
                }
            ],
        )


def test_a_diagnosis_that_a_payer_keeps_denying_is_offered(practice):
    story(practice, "ddddddp")
    story(practice, "pppppppp", diagnosis="M25.561", start=20)
    (offer,) = learned_offers(context(practice))
    assert offer["text"] == "BCBS: CO-11 on 97530 with M5450, 6 of 7"
    assert (offer["seen"], offer["of"], offer["charge"], len(offer["claims"])) == (6, 7, "1260.00", 6)


@pytest.mark.parametrize(
    "stories",
    [
        [("dd", "M54.50")],  # too few
        [("ddpppp", "M54.50")],  # too seldom
        [("pppppp", "M54.50")],  # none
        [("dpdpdp", "M54.50"), ("dpdpdp", "M25.561")],  # half of everything: nothing explains it
        [("d", "M54.50"), ("d", "M25.561"), ("p", "M62.81")],
    ],
)
def test_nothing_is_offered_on_thin_grounds(practice, stories):
    for place, (outcomes, diagnosis) in enumerate(stories):
        story(practice, outcomes, diagnosis=diagnosis, start=1 + 20 * place)
    assert learned_offers(context(practice)) == []


def test_a_code_denied_whatever_the_diagnosis_is_offered_once_and_plainly(practice):
    story(practice, "ddd")
    story(practice, "ddd", diagnosis="M25.561", start=20)
    assert [offer["text"] for offer in learned_offers(context(practice))] == ["BCBS: CO-11 on 97530, 6 of 6"]


def test_an_adopted_rule_speaks_and_its_score_shows_whether_it_earns_its_place(practice):
    story(practice, "ddddddp")
    story(practice, "pppppppp", diagnosis="M25.561", start=20)
    (offer,) = learned_offers(context(practice))
    pack = learned_pack(context(practice), offer["rule"])
    assert (pack["scope"], pack["source"]) == ({"payer_id": "BCBS"}, "our remittances")
    practice.publish([json.dumps(adoption(pack, practice.clock.now().isoformat(), "default", OWN)).encode()])
    told = findings(context(practice), rule=offer["rule"])
    assert {(f["grade"], f["line"]) for f in told} == {("at_risk", 1)}
    assert "denied 97530 with M5450 as CO-11 before, 6 of 7 times" in told[0]["message"]
    (scored,) = score(context(practice), offer["rule"])["rules"]
    assert (scored["hit"], scored["missed"], scored["precision"]) == (6, 1, 0.857)
    assert learned_offers(context(practice)) == [], "what a rule foretells is not offered again"


def test_a_rule_that_is_not_offered_cannot_be_adopted(practice):
    with pytest.raises(NotFoundError, match="is offered"):
        learned_pack(context(practice), "learned.co-11.97530")
