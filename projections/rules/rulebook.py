"""Rule packs: rules as data, chosen by the date and the scope a rule names.

A pack is an immutable, versioned, cited document. It holds periods (half-open: from inclusive, to exclusive), each
with its values. `Rulebook.pick` answers with a `Ruling`, or with `Unknown` and the reason: never the nearest year.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar, cast

from projections.rules.bounded_cache import BoundedCache

SCOPE_DIMENSIONS = ("payer_id", "program", "plan", "contract", "state", "discipline")
# A payer belongs to one program and a contract to one payer: naming the narrower one says more.
_WEIGHT = {"payer_id": 2, "contract": 3}
T = TypeVar("T")


class RulePackError(ValueError):
    """A rule pack that cannot be used; the message names the pack and what to fix."""


@dataclass(frozen=True)
class Period:
    effective_from: date
    effective_to: date | None
    values: Mapping[str, Any]

    def covers(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, kw_only=True)
class Pack:
    pack_id: str
    kind: str
    version: str
    scope: Mapping[str, str]
    basis: str
    periods: tuple[Period, ...]
    source: str
    verified_on: str
    confidence: str
    checksum: str
    why_unread: str = ""

    @property
    def name(self) -> str:
        return f"{self.pack_id}@{self.version}"

    @cached_property
    def specificity(self) -> int:
        return sum(_WEIGHT.get(dimension, 1) for dimension in self.scope)

    def applies(self, scope: Mapping[str, str | None]) -> bool:
        return all(scope.get(dimension) == value for dimension, value in self.scope.items())


@dataclass(frozen=True)
class Ruling:
    """The values in force, and the pack version that says so."""

    pack: Pack
    period: Period

    @property
    def values(self) -> Mapping[str, Any]:
        return self.period.values

    @property
    def name(self) -> str:
        return self.pack.name


@dataclass(frozen=True)
class Unknown:
    """No rule for this; `reason` says which kind, date and scope were asked for, or which pack cannot be read."""

    reason: str
    is_unread: bool = False


def checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 over a pack's content, independent of key order and layout."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _day(pack_id: str, value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            value = 0
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise RulePackError(f"pack {pack_id}: effective_from and effective_to are dates such as 2026-01-01")


def _period(pack_id: str, content: Any) -> Period:
    if not isinstance(content, Mapping) or not isinstance(content.get("values", {}), Mapping):
        raise RulePackError(f"pack {pack_id}: a period is a table with effective_from and a table of values")
    starts, ends = _day(pack_id, content.get("effective_from")), _day(pack_id, content.get("effective_to"))
    if starts is None or (ends is not None and ends <= starts):
        raise RulePackError(f"pack {pack_id}: a period needs effective_from, and an effective_to later than it")
    return Period(starts, ends, content.get("values", {}))


def _scope(pack_id: str, content: Mapping[str, Any]) -> dict[str, str]:
    scope = content.get("scope", {})
    if not isinstance(scope, Mapping) or not all(isinstance(value, str) for value in scope.values()):
        raise RulePackError(f"pack {pack_id}: scope is a table of names")
    if unknown := set(scope) - set(SCOPE_DIMENSIONS):
        raise RulePackError(f"pack {pack_id}: unknown scope {sorted(unknown)}; use one of {SCOPE_DIMENSIONS}")
    return dict(scope)


def read_pack(content: Mapping[str, Any]) -> Pack:
    """A validated pack from its content. Raises RulePackError."""
    pack_id = str(content.get("pack_id", "(no pack_id)"))
    missing = [
        field
        for field in ("pack_id", "kind", "version", "basis", "source", "confidence", "periods")
        if not content.get(field)
    ]
    if missing:
        raise RulePackError(f"pack {pack_id}: {', '.join(missing)} missing")
    if not isinstance(content["kind"], str) or not isinstance(content["version"], str | int):
        raise RulePackError(f"pack {pack_id}: kind and version are texts")
    if not isinstance(content["periods"], list | tuple):
        raise RulePackError(f"pack {pack_id}: periods is a list")
    periods = sorted((_period(pack_id, period) for period in content["periods"]), key=lambda p: p.effective_from)
    for before, after in pairwise(periods):
        if before.effective_to is None or before.effective_to > after.effective_from:
            raise RulePackError(f"pack {pack_id}: two periods cover {after.effective_from}")
    return Pack(
        pack_id=pack_id,
        kind=content["kind"],
        version=str(content["version"]),
        scope=_scope(pack_id, content),
        basis=content["basis"],
        periods=tuple(periods),
        source=content["source"],
        verified_on=str(content.get("verified_on", "")),
        confidence=content["confidence"],
        checksum=checksum(content),
    )


def unread_pack(content: Any, older: Pack | None, reason: str) -> Pack | None:
    """What stands for a pack that cannot be read, so that its `older` version judges nothing in its place.

    None without an older version: nothing else takes the place of the unread one then.
    """
    if older is None:
        return None
    stated = content if isinstance(content, Mapping) else {}
    periods = [p for part in _parts(stated.get("periods")) if (p := _period_of(older.pack_id, part)) is not None]
    version = stated.get("version")
    return replace(
        older,
        version=str(version) if isinstance(version, str | int) else "unreadable",
        periods=tuple(replace(period, values={}) for period in periods or [_whole(older)]),
        checksum="",
        why_unread=reason,
    )


def _parts(stated: Any) -> Sequence[Any]:
    return stated if isinstance(stated, list | tuple) else ()


def _period_of(pack_id: str, stated: Any) -> Period | None:
    try:
        return _period(pack_id, stated)
    except RulePackError:
        return None


def _whole(pack: Pack) -> Period:
    ends = pack.periods[-1].effective_to
    return Period(pack.periods[0].effective_from, ends, {})


class Rulebook:
    """All packs in force, one version of each pack id. Raises RulePackError where two packs tie.

    A pack with `why_unread` makes what it governs unknown.
    """

    def __init__(self, packs: Iterable[Pack]) -> None:
        given = {pack.pack_id: pack for pack in packs}
        self.packs: dict[str, Pack] = {name: pack for name, pack in given.items() if not pack.why_unread}
        self.unread: tuple[Pack, ...] = tuple(pack for pack in given.values() if pack.why_unread)
        self._by_kind: dict[str, list[Pack]] = {}
        self._built: dict[tuple[int, Callable[..., Any]], Any] = {}
        self._picked: BoundedCache[tuple[Any, ...], Ruling | Unknown] = BoundedCache()
        for pack in given.values():
            self._by_kind.setdefault(pack.kind, []).append(pack)
        for kind, rivals in self._by_kind.items():
            rivals.sort(key=lambda pack: (-pack.specificity, pack.pack_id))
            _refuse_ties(kind, rivals)

    @cached_property
    def fingerprint(self) -> str:
        """One hash over all packs in force: equal fingerprints judge alike."""
        return checksum({pack.pack_id: pack.checksum for pack in self.everything})

    @property
    def everything(self) -> tuple[Pack, ...]:
        """The packs in force, and those that cannot be read."""
        return (*self.packs.values(), *self.unread)

    def with_packs(self, packs: Iterable[Pack]) -> Rulebook:
        """A rulebook with these in the place of those of their ids."""
        return Rulebook([*self.everything, *packs])

    def pick(self, kind: str, on: date, **scope: str | None) -> Ruling | Unknown:
        """The ruling of the most specific pack of a kind that covers the date; each question is answered once."""
        key = (kind, on, *scope.items())
        found = self._picked.get(key)
        return self._picked.keep(key, self._pick(kind, on, scope)) if found is None else found

    def _pick(self, kind: str, on: date, scope: Mapping[str, str | None]) -> Ruling | Unknown:
        for pack in self._by_kind.get(kind, ()):
            if pack.applies(scope):
                for period in pack.periods:
                    if period.covers(on):
                        if pack.why_unread:
                            return Unknown(f"rule pack {pack.name} {pack.why_unread}", is_unread=True)
                        return Ruling(pack, period)
        asked = ", ".join(f"{name} {value}" for name, value in scope.items() if value)
        return Unknown(f"no {kind} rule covers {on.isoformat()}" + (f" for {asked}" if asked else ""))

    def table(self, ruling: Ruling, build: Callable[[Mapping[str, Any]], T]) -> T:
        """What `build` makes of a ruling's values, made once per rulebook: folds ask a thousand times a second."""
        key = (id(ruling.period), build)  # the period lives as long as this rulebook's packs
        if key not in self._built:
            self._built[key] = build(ruling.values)
        return cast("T", self._built[key])


def sound_rulebook(packs: Iterable[Pack]) -> tuple[Rulebook, tuple[str, ...]]:
    """A rulebook of all packs that do not tie with an earlier one, and what was left out. Never raises.

    A tie is refused when a pack is adopted; it can come up later all the same, where an act is undone or a past
    instant is looked at. The earlier pack then goes on judging.
    """
    packs = list(packs)
    try:
        return Rulebook(packs), ()
    except RulePackError:
        kept: list[Pack] = []
        problems: list[str] = []
        for pack in packs:
            try:
                Rulebook([*kept, pack])
            except RulePackError as error:
                problems.append(str(error))
            else:
                kept.append(pack)
        return Rulebook(kept), tuple(problems)


def _refuse_ties(kind: str, packs: list[Pack]) -> None:
    packs = [pack for pack in packs if not pack.why_unread]
    for index, first in enumerate(packs):
        for second in packs[index + 1 :]:
            compatible = all(second.scope.get(k, v) == v for k, v in first.scope.items())
            if first.specificity == second.specificity and compatible and _overlap(first, second):
                raise RulePackError(
                    f"packs {first.name} and {second.name} both give {kind} for the same scope and dates"
                )


def _overlap(first: Pack, second: Pack) -> bool:
    return any(a.covers(b.effective_from) or b.covers(a.effective_from) for a in first.periods for b in second.periods)
