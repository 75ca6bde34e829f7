"""Laws that hold for any file: delimiters mean nothing, identities stand, damage never raises, memory is bounded."""

from __future__ import annotations

import json
import random
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from intake_helpers import (
    CLAIM,
    DEDUCTIBLE,
    DENIED,
    PAID,
    SAMPLES,
    claims,
    era,
    events_of,
    items_of,
    needs_samples,
    source,
)

from services.intake.results import FoundEvent, RefusedPiece
from tests.properties import TIMES, property_run
from tests.services.intake.reading import read

pytestmark = pytest.mark.fuzz
MARKS = "*:^~|>!<'?;&%$#@+={}[]\\/\x1c\x1d\x1e\x1f\x07"
words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ", max_size=12)
amounts = st.decimals(min_value=-9999, max_value=9999, places=2).map(str)


@st.composite
def remittances(draw):
    loops = []
    for number in range(draw(st.integers(0, 4))):
        lines = [
            f"SVC*HC:{draw(words)}:{draw(words)}*{draw(amounts)}*{draw(amounts)}**{draw(st.integers(0, 9))}~"
            f"CAS*{draw(st.sampled_from(['CO', 'PR', 'OA']))}*{draw(words)}*{draw(amounts)}~LQ*HE*{draw(words)}"
            for _ in range(draw(st.integers(0, 3)))
        ]
        head = (
            f"CLP*{draw(words)}*{draw(st.sampled_from(['1', '4', '22']))}*{draw(amounts)}*{draw(amounts)}**MB*{number}"
        )
        loops.append("~".join([head, *lines]))
    return era(
        *loops,
        amount=draw(amounts),
        trace=draw(words),
        tail=f"PLB*1*20261231*{draw(words)}:{draw(words)}*{draw(amounts)}",
    )


@given(
    text=remittances(),
    marks=st.lists(st.sampled_from(MARKS), min_size=4, max_size=4, unique=True),
    after=st.sampled_from(["", "\n", "\r\n", "\n\n", " \r\n"]),
)
@property_run(150)
def test_delimiters_and_line_breaks_never_change_an_event(text, marks, after):
    def contents(data):
        return [{k: v for k, v in event.items() if k != "rawref"} for event in events_of(data)]

    other = text.translate(str.maketrans("*:^~", "".join(marks))).replace(marks[3], marks[3] + after)
    assert contents(other) == contents(text)


@given(text=remittances())
@property_run(50)
def test_every_claim_and_every_cent_comes_out_somewhere(text):
    items = items_of(text)
    stated = [segment.split("*") for segment in text.split("~") if segment.startswith("CLP*")]
    entries = [event["data"] for event in events_of(items) if "ordinal" in event["data"]]
    assert len(entries) == len(stated)
    assert sum(Decimal(entry["paid"]) for entry in entries) == sum(Decimal(clp[4]) for clp in stated)
    assert len({event["id"] for event in events_of(items)}) == len(stated) + 1


def damaged(data, rng):
    """One of the ways files break: bits flip, bytes vanish, appear or repeat, the end is lost."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(6):
            case 0 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 12)))
            case 3:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            case 4 if rng.random() < 0.3:
                del data[at:]
            case 5:
                data[at:at] = rng.choice(
                    [b"~", b"*", b":", b"\n", b"ISA*", b"ST*835*1~", b"CLP*", b"SE*1*1~", b"\xff\xfe"]
                )
    return bytes(data)


def check_damaged(data):
    items = items_of(data)
    for item in items:
        if isinstance(item, RefusedPiece):
            assert item.reason
    events_of(items)


OWN = [era(PAID, DENIED, DEDUCTIBLE, amount="80"), claims(CLAIM, CLAIM)]


@pytest.mark.parametrize("seed", range(10 * TIMES))
def test_damage_never_raises_and_never_makes_an_invalid_event(seed):
    rng = random.Random(seed)
    for _ in range(30):
        check_damaged(damaged(rng.choice(OWN).encode(), rng))


@needs_samples
def test_damage_to_the_samples_never_raises():
    rng = random.Random(7)
    for path in sorted(SAMPLES.glob("*/*")):
        data = path.read_bytes()[:6_000]
        for _ in range(4):
            check_damaged(damaged(data, rng))


@pytest.mark.parametrize("text", OWN, ids=["835", "837P"])
def test_any_truncation_is_survived_and_loses_nothing_silently(text):
    for end in range(0, len(text), 7):
        items = items_of(text[:end])
        events_of(items)
        begun = text[:end].count("~CLP*") + text[:end].count("~CLM*")
        told = [i for i in items if isinstance(i, RefusedPiece) and i.raw.startswith(("CLP*", "CLM*"))]
        entries = [i for i in items if isinstance(i, FoundEvent) and i.event["type"] != "remittance.received.v1"]
        assert len(told) + len(entries) == begun


@given(st.binary(max_size=400))
@property_run(200)
def test_arbitrary_bytes_never_raise(data):
    for start in (b"ISA*", b"ST*835*0001~", OWN[0][:200].encode()):
        check_damaged(start + data)
    for start in (b"", b"{", b"["):
        items_of(start + data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
@property_run(100, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_value_is_found_or_refused(value):
    items = items_of(json.dumps(value))
    assert len([item for item in items if isinstance(item, FoundEvent | RefusedPiece)]) == (
        len(value) if isinstance(value, list) else 1
    )


class Endless:
    """An 835 written while it is read: `count` claims in sets of 500."""

    def __init__(self, count):
        self._parts = self._write(count)
        self.size = 0

    def _write(self, count):
        whole = era("{}", amount="40000")
        head, tail = whole[: whole.index("ST*")], whole[whole.index("GE*") :]
        body = whole[whole.index("ST*") : whole.index("GE*")]
        yield head
        for number in range(count // 500):
            loops = "~".join(PAID.replace("A1", f"C{number}-{n}") for n in range(500))
            yield body.replace("TRACE1", f"T{number}").replace("{}", loops)
        yield tail

    def read(self, _size):
        part = next(self._parts, "").encode()
        self.size += len(part)
        return part


def peak_while_reading(count):
    stream = Endless(count)
    tracemalloc.start()
    found = sum(isinstance(item, FoundEvent) for item in read(stream, source()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == count + count // 500
    return stream.size, peak


def test_memory_does_not_grow_with_the_file():
    peak_while_reading(1_000)  # fills the caches of parsed values
    small_size, small = peak_while_reading(2_000)
    large_size, large = peak_while_reading(14_000)
    assert large_size > 6 * small_size
    assert large < small + 3_000_000
    assert large < 12_000_000
