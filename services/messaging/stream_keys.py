"""The keys of the event stream: one by default, several where a Valkey Cluster is to spread it.

`claimclock:events` is always read, and anybody may publish there, for any practice. With CLAIMCLOCK_STREAMS=8 our own
publishers use `claimclock:events:{1}` to `claimclock:events:{8}`, chosen by the practice; the number is the key's hash
tag. A key that was used once is read for as long as the server has it, so that the number may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from events.envelope import DEFAULT_PRACTICE
from services.core.settings import MOST_STREAMS, Settings
from services.messaging.redis_url import Client, reaching

BASE: Final = 0  # the number of the key that is always there, whose name is the setting's own
_MARK: Final = "@"


class EntryName(NamedTuple):
    """Which entry of which key: `id` is what the server calls it, the same id may stand in several keys."""

    number: int
    id: str

    def __str__(self) -> str:
        return self.id if self.number == BASE else f"{self.id}{_MARK}{self.number}"


def entry_name(name: str) -> EntryName:
    """Raises ValueError where the part behind the mark is no number."""
    entry_id, found, number = name.partition(_MARK)
    return EntryName(int(number) if found else BASE, entry_id)


@dataclass(frozen=True)
class StreamKeys:
    """The keys that one installation uses: `count` numbered ones, none of them where it is 1."""

    base: str
    count: int = 1

    @classmethod
    def of(cls, settings: Settings) -> StreamKeys:
        return cls(settings.stream, settings.streams)

    def key(self, number: int) -> str:
        return self.base if number == BASE else f"{self.base}:{{{number}}}"

    @property
    def chosen(self) -> tuple[int, ...]:
        """The numbers of the keys there are by setting."""
        return (BASE, *range(1, self.count + 1)) if self.count > 1 else (BASE,)

    def number_for(self, practice: str) -> int:
        """Where our own publishers put the events of a practice: the same everywhere, as long as the count is."""
        if self.count == 1:
            return BASE
        return 1 + int.from_bytes(sha256(practice.encode()).digest()[:8]) % self.count

    def number_of(self, body: bytes) -> int:
        """The same for an event, or for what was refused, as JSON. What cannot be read goes where anything may go."""
        if self.count == 1:
            return BASE
        try:
            told = from_json(body)
        except ValueError:
            return BASE
        practice = told.get("practice", DEFAULT_PRACTICE) if isinstance(told, dict) else None
        return self.number_for(practice) if isinstance(practice, str) else BASE

    def look(self, pipeline: Any) -> None:
        """Asks which of all possible keys exist."""
        for number in range(1, MOST_STREAMS + 1):
            pipeline.exists(self.key(number))

    def found(self, replies: Sequence[Any]) -> tuple[int, ...]:
        """The numbers of the keys to read, by the answers: those of the setting, and all that the server has."""
        existing = {number for number, exists in enumerate(replies, 1) if exists}
        return tuple(sorted({*self.chosen, *existing}))

    def in_use(self, client: Client) -> tuple[int, ...]:
        """Raises TransientError where the server is away."""
        with reaching():
            pipeline: Any = client.pipeline(transaction=False)
            self.look(pipeline)
            return self.found(pipeline.execute())


def newest_of_each(names: Iterable[str]) -> str:
    """The last entry of every key among these, given in the order in which they were added, as one word."""
    last = {entry_name(name).number: name for name in names}
    return " ".join(last[number] for number in sorted(last))


def later(word: str | None, newer: str) -> str:
    """The last entries of each key of two such words, of which the second was published later."""
    return newest_of_each([*(word or "").split(), *newer.split()])


def entries_in(word: str) -> list[EntryName]:
    """What `newest_of_each` has put together."""
    return [entry_name(name) for name in word.split()]
