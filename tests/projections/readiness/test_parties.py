"""Which claim bills which visit: by the visits it names, else by patient, day and discipline."""

from dataclasses import dataclass, field

from projections.readiness.parties import match


@dataclass(frozen=True)
class Seen:
    visit_id: str
    discipline: str = "PT"
    codes: frozenset = frozenset()

    @property
    def order(self):
        return ("", self.visit_id)


@dataclass(frozen=True, kw_only=True)
class Billed:
    claim_id: str
    visit_ids: tuple = ()
    disciplines: frozenset = field(default=frozenset({"PT"}))
    codes: frozenset = frozenset()


def matched(visits, claims):
    return {claim_id: [v.visit_id for v in found] for claim_id, found in match(visits, claims).items()}


def test_a_claim_bills_the_visits_it_names():
    visits = [Seen("V1"), Seen("V2"), Seen("V3", "OT")]
    assert matched(visits, [Billed(claim_id="A", visit_ids=("V2", "V9"))]) == {"A": ["V2"]}
    assert matched(visits, [Billed(claim_id="A", visit_ids=("V2",)), Billed(claim_id="B")]) == {
        "A": ["V2"],
        "B": ["V1"],
    }


def test_else_those_of_its_discipline():
    visits = [Seen("V1"), Seen("V2", "OT"), Seen("V3")]
    assert matched(visits, [Billed(claim_id="A")]) == {"A": ["V1", "V3"]}
    assert matched(visits, [Billed(claim_id="A", disciplines=frozenset({"PT", "OT"}))]) == {"A": ["V2", "V1", "V3"]}
    assert matched(visits, [Billed(claim_id="A", visit_ids=("V7",))]) == {"A": ["V1", "V3"]}  # a visit nobody knows


def test_a_claim_without_modifiers_bills_the_only_discipline_of_the_day():
    bare = Billed(claim_id="A", disciplines=frozenset())
    assert matched([Seen("V1")], [bare]) == {"A": ["V1"]}
    assert matched([Seen("V1"), Seen("V2", "OT")], [bare]) == {}


def test_as_many_claims_as_visits_are_paired_by_their_codes():
    visits = [Seen("V1", codes=frozenset({"97530"})), Seen("V2", codes=frozenset({"97110", "97140"}))]
    claims = [
        Billed(claim_id="A", codes=frozenset({"97110", "97140"})),
        Billed(claim_id="B", codes=frozenset({"97530", "97110"})),
    ]
    assert matched(visits, claims) == {"A": ["V2"], "B": ["V1"]}


def test_otherwise_each_claim_may_bill_all():
    assert matched([Seen("V1")], [Billed(claim_id="A"), Billed(claim_id="B")]) == {"A": ["V1"], "B": ["V1"]}
