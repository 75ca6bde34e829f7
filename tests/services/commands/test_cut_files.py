"""A file that came cut and then whole, or the other way round, leaves open what the whole one alone leaves open."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.commands.ingest import ingest_file
from services.core.settings import Settings
from services.intake.results import ParkedOrigin
from services.messaging.publisher import EVENT, Published
from services.projector.adopt_rule_packs import adopt_shipped
from services.projector.parking import PARKED
from services.store.engine import open_engine
from services.store.raw_files import RawStore
from services.store.schema import migrate
from tests.services.api.edi_case_files import FILES
from tests.services.intake import intake_helpers as made
from tests.services.intake.reading import CODES
from tests.services.intake.whole_files import WHOLE
from tests.services.projector.conftest import NOW, make_projector

BROKEN = made.PAID.replace("*80*20*", "*8O*20*")  # an amount that is none
LIBRARY = (
    {name: text for name, text in FILES.items() if "cut" not in name and "isa-only" not in name}
    | WHOLE
    | {
        "835 with a claim that cannot be read": made.era(made.PAID, BROKEN, made.DENIED, amount="80"),
        "835 that ends with one": made.era(made.PAID, BROKEN, amount="80"),
        "835 without payment that ends with one": made.era(made.DENIED, BROKEN, amount="0"),
        "835 marked as a test": made.era(made.PAID, amount="80").replace("*0*P*:", "*0*T*:"),
        "837P with a claim that cannot be read": made.claims(made.CLAIM.replace("*215***", "*2I5***"), made.CLAIM),
        "837P that ends with lines of no claim": made.claims(made.CLAIM) + "ST*837*9~LX*1~SE*3*9~",
        "a set that is not read": made.interchange("276", "005010X212", "BHT*0010*13~HL*1**20*1~"),
        "a set with nothing in it": made.interchange("835", "005010X221A1", "N9*X*1~"),
    }
)
SEEN = ("parked_id", "origin", "reason", "place", "transaction", "source", "event_id")
numbers = count(1)


class Taking:
    """Takes files into practices of their own; nothing is folded."""

    def __init__(self, engine, directory):
        self.engine = engine
        self.directory = directory
        self.projector = make_projector(engine)

    def practice(self, *, keeps_tests_aside=False):
        practice = f"cut-{next(numbers)}"
        aside = "keep_aside" if keeps_tests_aside else "post"
        chosen = Settings(data_dir=self.directory, practice=practice, practice_zone="America/Chicago", test_files=aside)
        return SimpleNamespace(
            settings=chosen, engine=self.engine, publisher=lambda: self, clock=SimpleNamespace(now=lambda: NOW)
        )

    def publish(self, bodies, *, field=EVENT):
        ids = [f"{next(numbers)}-0" for _ in bodies]
        self.projector.log([(name, {field.encode(): body}) for name, body in zip(ids, bodies, strict=True)])
        return Published(ids, durable=True)

    def take(self, app, *contents, name="a file"):
        for content in contents:
            path = self.directory / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            report = ingest_file(app, path, "file", codes=CODES)
        return report

    def open(self, app):
        """What waits for a person, but for the practice, which is part of each name."""
        query = select(PARKED).where(PARKED.c.practice == app.settings.practice, PARKED.c.state == "open")
        with self.engine.connect() as connection:
            rows = [row._mapping for row in connection.execute(query)]
        return sorted([row["raw"], *(str(row[name]) for name in SEEN[1:])] for row in rows)

    def alone(self, content, **options):
        app = self.practice(**options)
        self.take(app, content)
        return self.open(app)


@pytest.fixture(scope="module")
def taking(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cut")
    engine = open_engine(f"sqlite:///{directory / 'a.db'}")
    migrate(engine)
    adopt_shipped(make_projector(engine))
    yield Taking(engine, directory)
    engine.dispose()


def cuts(text):
    """The file up to each of its segments."""
    ends = [at + 1 for at, letter in enumerate(text) if letter == "~"]
    return [text[:end] for end in ends[:-1]]


@given(data=st.data(), first=st.sampled_from(["cut", "whole"]), aside=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_file_and_the_whole_one_leave_open_what_the_whole_one_does(taking, data, first, aside):
    whole = LIBRARY[data.draw(st.sampled_from(sorted(LIBRARY)))]
    at_a_segment = st.sampled_from(cuts(whole))
    anywhere = st.integers(106, len(whole) - 1).map(lambda end: whole[:end])
    cut = data.draw(at_a_segment | anywhere)
    app = taking.practice(keeps_tests_aside=aside)
    taking.take(app, *((cut, whole) if first == "cut" else (whole, cut)))
    assert taking.open(app) == taking.alone(whole, keeps_tests_aside=aside)


@pytest.mark.parametrize("first", ["cuts", "whole"])
@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_every_cut_of_a_file_and_the_whole_one(taking, name, first):
    whole = LIBRARY[name]
    app = taking.practice()
    taking.take(app, *([*cuts(whole), whole] if first == "cuts" else [whole, *cuts(whole)[::3]]))
    assert taking.open(app) == taking.alone(whole)


def test_a_cut_file_alone_stays_open(taking):
    whole = LIBRARY["t24.837"]
    for cut in cuts(whole)[:-2]:  # the last two lack only the trailers of the envelope
        assert taking.alone(cut)


def test_only_what_the_longer_file_has_too_is_settled(taking):
    """Another file of the same beginning is none that was cut."""
    whole, app = LIBRARY["t24.837"], taking.practice()
    taking.take(app, cuts(whole)[-4], whole.replace("CLM*Q1*", "CLM*Q7*"))
    assert [row[2] for row in taking.open(app)] == ["the file ends inside this claim; send the whole file"]


def test_a_cut_claim_is_settled_by_the_claim_in_whichever_file_it_comes(taking):
    """The clearinghouse sends the remittance again, in an envelope of another number."""
    app = taking.practice()
    cut = cuts(made.era(made.DENIED, made.PAID, amount="80"))[-5]
    taking.take(app, cut)
    assert taking.open(app)
    taking.take(app, made.era(made.DENIED, made.PAID, amount="80", control=77))
    assert taking.open(app) == []
    taking.take(app, cut.replace("*000000001*", "*000000009*"))
    assert taking.open(app) == []


def test_a_claim_with_a_wrong_amount_is_settled_by_the_right_one(taking):
    app = taking.practice()
    taking.take(app, made.era(BROKEN, amount="80"))
    assert len(taking.open(app)) == 1
    taking.take(app, made.era(made.PAID, amount="80", control=2))
    assert taking.open(app) == []


def test_the_cut_file_of_another_practice_is_not_settled(taking):
    whole = LIBRARY["t24.837"]
    mine, other = taking.practice(), taking.practice()
    taking.take(mine, cuts(whole)[-4])
    taking.take(other, whole)
    assert len(taking.open(mine)) == 1


def test_what_a_better_reading_understands_is_settled(taking):
    """A file kept aside as a test is posted by reading it again."""
    app = taking.practice(keeps_tests_aside=True)
    whole = LIBRARY["835 marked as a test"]
    taking.take(app, whole)
    assert [row[1] for row in taking.open(app)] == [ParkedOrigin.TEST_FILE]
    (taking.directory / "a file").write_text(whole)
    ingest_file(app, taking.directory / "a file", "file", codes=CODES, posts_tests=True)
    assert taking.open(app) == []


def test_a_file_says_that_it_is_the_beginning_of_one_that_was_read(taking):
    app = taking.practice()
    whole = LIBRARY["t24.837"]
    report = taking.take(app, whole, cuts(whole)[-4])
    assert "this file is the first part of one that was already imported: nothing is missing" in report.notes
    assert not any("beginning" in note for note in taking.take(app, whole).notes)


def test_a_packed_file_settles_the_cut_one(taking):
    app = taking.practice()
    whole = LIBRARY["t24.837"]
    taking.take(app, cuts(whole)[-4])
    taking.take(app, gzip.compress(whole.encode()), name="a.gz")
    assert taking.open(app) == []


def zipped(*members, method=0, flag=0):
    """A ZIP of these names and texts, with this compression method and general purpose flag written on each."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    body = bytearray(file.getvalue())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), bytes(body)):
            body[found.start() + at] |= flag
            body[found.start() + at + 2] |= method
    return bytes(body)


TWO = (("one.837", LIBRARY["t24.837"]), ("two.835", made.era(made.PAID, amount="80")))
ARCHIVES = {
    "ZIP": zipped(*TWO[:1]),
    "ZIP of two": zipped(*TWO),
    "ZIP with an entry that stays": zipped(("bad.835", LIBRARY["835 that ends with one"]), *TWO),
    "ZIP of several interchanges": zipped(("all.txt", "".join(text for _, text in TWO))),
    "ZIP with passwords": zipped(*TWO, flag=1),
    "gzip": gzip.compress(LIBRARY["t24.837"].encode(), mtime=0),
}
SHORTEST = 100  # bytes; a file that is shorter is not known as the beginning of another


@given(data=st.data(), name=st.sampled_from(sorted(ARCHIVES)), first=st.sampled_from(["cut", "whole"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_archive_and_the_whole_one_leave_open_what_the_whole_one_does(taking, data, name, first):
    whole = ARCHIVES[name]
    cut = whole[: data.draw(st.integers(SHORTEST, len(whole) - 1))]
    app = taking.practice()
    taking.take(app, *((cut, whole) if first == "cut" else (whole, cut)))
    assert taking.open(app) == taking.alone(whole)


def test_a_cut_archive_alone_stays_open(taking):
    for whole in ARCHIVES.values():
        assert "damaged or incomplete" in taking.alone(whole[:-30])[0][2]


ODD = {"a password": {"flag": 1}, "a method that is not read": {"method": 9}}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_every_member_that_cannot_be_unpacked_is_an_entry_of_its_own(taking, odd):
    """Whatever came before: nothing of it is known but the archive in which it lies."""
    app = taking.practice()
    taking.take(app, zipped(*TWO, **odd), "", zipped(("three.835", BROKEN), **odd))
    rows = [row for row in taking.open(app) if "this file" in row[2]]
    assert sorted(row[3] for row in rows) == ["a file/one.837", "a file/three.835", "a file/two.835"]
    for row in rows:
        sha256 = row[0].decode().rpartition(" ")[2]
        assert RawStore(app.settings).open(sha256).read().startswith(b"PK")


def test_members_that_cannot_be_unpacked_do_not_hide_the_others(taking):
    """The local header of the first one was damaged; the second is read."""
    app = taking.practice()
    report = taking.take(app, zipped(*TWO).replace(b"one.837", b"oNe.837", 1))
    assert (report.error, report.transactions) == (None, ["835"])
    assert [row[2] for row in taking.open(app)] == ["this file of the archive is damaged; send the archive again"]
