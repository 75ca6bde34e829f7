"""Random files of claims, payments and acknowledgments under numbers that look alike: any order gives the same rows."""

import random
import shutil
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from services.projector.adopt_rule_packs import adopt_shipped
from services.store.engine import open_engine
from services.store.schema import migrate
from tests.properties import property_run
from tests.services.projector.conftest import dump, make_projector, project
from tests.services.projector.test_file_verdicts import counted, decided
from tests.services.projector.test_returned_numbers import (
    batch_rejected,
    claims,
    events_of,
    matched,
    paid,
    sent,
    syntax,
    withdrawn,
)

RELAXED = property_run(12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
ALIKE = ("ab-12", "AB12", "0ab12", "ab-12X", "CLINIC-2026-000017", "CLINIC-2026-0000", "clinic-2026-000017")
DAYS = ("20260301", "20260305", "20260312")
NUMBER, MEMBER, DOS, DAY = map(st.sampled_from, (ALIKE, ("M1", "M2"), ("20260105", "20260112"), DAYS))


@dataclass(frozen=True, kw_only=True)
class Sent:
    number: str
    member: str
    dos: str
    day: str
    control: int
    reference: str


@dataclass(frozen=True)
class Paid:
    number: str
    member: str
    dos: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An acknowledgment of a whole file: a 999, a 277CA, or one that counts claims."""

    kind: str
    day: str
    control: int
    reference: str
    count: int


SENT = st.builds(
    Sent,
    number=NUMBER,
    member=MEMBER,
    dos=DOS,
    day=DAY,
    control=st.integers(1, 2),
    reference=st.sampled_from(("X1", "X2")),
)
PAID = st.builds(Paid, NUMBER, MEMBER, DOS)
ANSWERED = st.builds(
    Answered,
    kind=st.sampled_from(("999", "277", "counted")),
    day=DAY,
    control=st.integers(1, 2),
    reference=st.sampled_from(("X1", "X2")),
    count=st.integers(1, 2),
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Makes databases with nothing but the rules, by copying one."""
    directory = tmp_path_factory.mktemp("matching")
    first = open_engine(f"sqlite:///{directory / 'first.db'}")
    migrate(first)
    adopt_shipped(make_projector(first))
    first.dispose()
    made = []

    def make():
        path = directory / f"{len(made)}.db"
        shutil.copy(directory / "first.db", path)
        made.append(open_engine(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def file_of(place, told):
    """The events of one file; each has numbers of its own where a sender counts up."""
    match told:
        case Sent():
            text = sent(told.number, told.day, told.control, told.member, told.dos, told.reference)
        case Paid():
            text = paid(told.number, told.member, told.dos, trace=f"T{place}", control=50 + place, icn=f"ICN{place}")
        case Answered(kind="999"):
            text = syntax(told.day, told.control, "R", 60 + place)
        case Answered(kind="277"):
            text = batch_rejected(told.day, told.reference, 70 + place)
        case Answered():
            text = counted(told.day, told.reference, told.count, f"{140 * told.count}", 80 + place)
    return events_of(text)


def words_of_people(draw, events):
    """A match, a file chosen for an acknowledgment, and perhaps one of them taken back."""
    told = []
    numbers = sorted({event["subject"] for event in events if event["type"] != "remittance.received.v1"} & set(ALIKE))
    if len(numbers) > 1:
        told.append(matched(*draw(st.permutations(numbers))[:2]))
    verdicts = [event for event in events if event["type"].startswith("submission.")]
    submissions = [event["data"]["submission"] for event in events if event["type"] == "claim.submitted.v1"]
    if verdicts and submissions:
        told.append(decided(verdicts[0], draw(st.sampled_from([None, *submissions]))))
    if told and draw(st.booleans()) and told[0]["type"] == "claim.matched.v1":
        told.append(withdrawn(told[0]))
    return told


def same_rows(fresh, files, people, seed):
    """File by file against everything at once, shuffled and partly repeated. Returns the claims."""
    shuffle = random.Random(seed)
    first = fresh()
    for place, events in enumerate([*files, people]):
        project(first, events, start=1000 * (place + 1))
    everything = [event for events in [*files, people] for event in events]
    again = shuffle.sample(everything, len(everything)) + shuffle.sample(everything, len(everything) // 2)
    other = fresh()
    project(other, again, sizes=(shuffle.randint(1, 4), 500))
    assert dump(other) == dump(first)
    return claims(first)


@RELAXED
@given(st.lists(st.one_of(SENT, PAID, ANSWERED), min_size=2, max_size=8, unique=True), st.integers(0, 999), st.data())
def test_any_order_gives_the_same_rows_and_every_payment_counts_once(fresh, told, seed, data):
    files = [file_of(place, one) for place, one in enumerate(told)]
    people = words_of_people(data.draw, [event for events in files for event in events])
    found = same_rows(fresh, files, people, seed)
    assert sum(row.paid for row in found.values()) == 5000 * sum(isinstance(one, Paid) for one in told)


@RELAXED
@given(st.lists(SENT, min_size=1, max_size=4, unique_by=lambda one: one.number), PAID, st.integers(0, 999))
def test_what_joins_by_itself_never_mixes_patients_and_ends_with_a_second_fitting_claim(fresh, billed, answer, seed):
    files = [file_of(place, one) for place, one in enumerate([*billed, answer])]
    found = same_rows(fresh, files, [], seed)
    (holder,) = [number for number, row in found.items() if row.paid]
    if holder != answer.number:
        (claim,) = [one for one in billed if one.number == holder]
        assert (claim.member, claim.dos) == (answer.member, answer.dos)
        assert answer.number not in {one.number for one in billed}
        rivals = [
            *billed,
            Sent(
                number="AB-12" if holder != "AB-12" else "A-B12",
                member=answer.member,
                dos=answer.dos,
                day=DAYS[0],
                control=9,
                reference="X9",
            ),
        ]
        if holder in ("ab-12", "AB12", "0ab12") and answer.number in ("ab-12", "AB12", "0ab12"):
            more = [file_of(place, one) for place, one in enumerate([*rivals, answer])]
            again = same_rows(fresh, more, [], seed)
            assert [number for number, row in again.items() if row.paid] == [answer.number]
