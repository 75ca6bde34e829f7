"""Keys: the units that are locked, folded and rewritten as one. A key is text, `kind|practice|name`.

Ranks order them: a worker locks one whole rank, folds it, and goes on to the next, never back.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # lists name keys and ask for no event, whose types are slow to import
    from events.event_data import EventData
    from events.registry import Event

WITHDRAWN = "event.withdrawn.v1"
SHARED_PRACTICE = "_shared"  # rule packs that came with the program judge every practice
RANKS: tuple[tuple[str, ...], ...] = (
    ("terms", "submission", "visit_claims"),
    ("claim", "visit", "remittance", "patient", "verdict", "deposit"),
    ("day", "deposit_trace"),
    ("therapist_day", "episode", "year", "coverage", "deposit_month"),
)
FOLDED = frozenset(kind for rank in RANKS[1:] for kind in rank)
RANK_OF = {kind: rank for rank, kinds in enumerate(RANKS) for kind in kinds if kind in FOLDED}
NOBODY = "claim "  # begins the substitute for the patient of a claim that names none


class Key(NamedTuple):
    kind: str
    practice: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}|{self.practice}|{self.name}"


def kind_of(text: str) -> str:
    """The kind of a key, without taking the rest apart."""
    return text.partition("|")[0]


# Of text only: a key is taken apart where it is loaded, folded, written and marked, a dozen times in a row.
@lru_cache(maxsize=4096)
def parse_key(text: str) -> Key:
    kind, practice, name = text.split("|", 2)
    return Key(kind, practice, name)


def day_key(practice: str, patient_id: str, dos: date) -> str:
    return str(Key("day", practice, f"{dos.isoformat()}|{patient_id}"))


def year_key(practice: str, patient_id: str, year: int, bucket: str) -> str:
    return str(Key("year", practice, f"{year}|{bucket}|{patient_id}"))


class DayName(NamedTuple):
    """Whose day a key is."""

    key: str
    practice: str
    patient_id: str
    dos: date


@lru_cache(maxsize=4096)  # likewise of text only
def parse_day(key: str) -> DayName:
    _, practice, name = parse_key(key)
    dos, patient_id = name.split("|", 1)
    return DayName(key, practice, patient_id, date.fromisoformat(dos))


class YearName(NamedTuple):
    """Whose year a key is, and of which threshold."""

    key: str
    practice: str
    patient_id: str
    year: int
    bucket: str


def parse_year(key: str) -> YearName:
    _, practice, name = parse_key(key)
    year, bucket, patient_id = name.split("|", 2)
    return YearName(key, practice, patient_id, int(year), bucket)


def episode_key(practice: str, patient_id: str, discipline: str) -> str:
    """All of a patient's visits under one discipline: treatment days are counted over them."""
    return str(Key("episode", practice, f"{discipline}|{patient_id}"))


def coverage_key(practice: str, patient_id: str) -> str:
    """What payers authorized and allow a patient, and every visit that uses it up, whatever its discipline."""
    return str(Key("coverage", practice, patient_id))


def therapist_day_key(practice: str, therapist_id: str, dos: date) -> str:
    return str(Key("therapist_day", practice, f"{dos.isoformat()}|{therapist_id}"))


def payer_key(practice: str, payer_id: str) -> str:
    """Not folded: membership in it finds the claims that a new policy or contract touches."""
    return str(Key("payer", practice, payer_id))


def index_keys(event: Event) -> tuple[str, ...]:
    """Every key under which the log must find this event again.

    Some are no units of folding: patient_claims, patient_visits and therapist_visits find what was ever said of a
    patient, or of a therapist's day, whatever is made of it today.
    """
    return keys_of(event.envelope.practice, event.envelope.subject, event.data)


def keys_of(practice: str, subject: str, data: EventData) -> tuple[str, ...]:
    """As `index_keys`, of an event as the log keeps it."""
    names = [Key(kind, practice, name) for kind, name in data.index_names()]
    if data.judges_claims() and not (data.event.name == WITHDRAWN and names):
        names.append(Key("terms", practice, ""))
    if not names and subject:
        names = [Key("other", practice, subject)]
    return tuple(str(name) for name in names)
