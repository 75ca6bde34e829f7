"""All the terms in force for one practice: rules, policies, contracts, and which identities belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from events.contract import ContractPublished
from events.contract_terms import ContractScope
from events.coverage import eligibility_notice_of
from events.event_data import EventData, UnreadableData
from events.patient import IdentityLinked
from events.registry import TYPES
from events.terms import PolicyPublished, RulesAdopted
from events.unread_terms import UnreadContract, UnreadPack, UnreadPolicy
from projections.history import EventId, LoggedEvent, effective_events
from projections.pricing.compare import Comparer
from projections.pricing.pricer import Pricer
from projections.rules.bounded_cache import BoundedCache
from projections.rules.policies import Terms
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.rules.rulebook import Pack, Rulebook, RulePackError, read_pack, sound_rulebook, unread_pack
from projections.session_rules.findings import Ruleset
from projections.terms.packcheck import check_pack

MEDICARE = "MEDICARE"
SHIPPED = "claimclock/rulepacks"  # the source of packs that came with the program
MEDICARE_INDICATOR = "MB"  # SBR09 / CLP06: Medicare Part B


class EligibilityNotice(NamedTuple):
    """A payer's word, dated by the payer, that a patient is covered, perhaps back in time (42 CFR 435.915)."""

    dated: date
    event: EventId


def _plain_ref(practice: str, claim_id: str) -> str:
    return f"{practice}/{claim_id}"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What folds judge by. `ref` makes the opaque name of a claim that addresses and logs may show.

    `own_packs`: the ids of packs the practice published itself. `problems`: what in the log judges nothing, and why.
    """

    rules: Rulebook
    zone: ZoneInfo
    policies: tuple[PolicyPublished, ...] = ()
    contracts: tuple[ContractPublished, ...] = ()
    patient_links: Mapping[str, str] = field(default_factory=dict)
    payer_links: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, tuple[EligibilityNotice, ...]] = field(default_factory=dict)
    ref: Callable[[str, str], str] = _plain_ref
    own_packs: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    def eligibility_notices(self, patient_id: str | None) -> tuple[EligibilityNotice, ...]:
        """Of a patient, under every id."""
        names = self.patient_names(patient_id) if patient_id and self.notices else ()
        return tuple(notice for name in sorted(names) for notice in self.notices.get(name, ()))

    def patient(self, patient_id: str) -> str:
        return self.patient_links.get(patient_id, patient_id)

    def patient_names(self, patient_id: str) -> set[str]:
        """Every id under which events may refer to this patient; none where the id itself means another one."""
        return {patient_id, *self._aliases.get(patient_id, ())} if self.patient(patient_id) == patient_id else set()

    @cached_property
    def _aliases(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = {}
        for stated, patient_id in self.patient_links.items():
            known.setdefault(patient_id, []).append(stated)
        return known

    def payer(self, payer_id: str | None, name: str | None = None, indicator: str | None = None) -> str:
        """The payer an event means: by program, then by identifier, then by name; else as stated."""
        known = self.known_payer(payer_id, name)
        if known is not None:
            return known
        if indicator and indicator in self._indicators:
            return self._indicators[indicator]
        stated = payer_id or name or ""
        return self.payer_links.get(stated, stated)

    def known_payer(self, payer_id: str | None, name: str | None = None) -> str | None:
        """The payer that terms or links know by this identifier, else by this name; None for one never mentioned."""
        for stated in (payer_id, name):
            if stated and _norm(stated) in self._payers:
                return self._payers[_norm(stated)]
        return None

    @cached_property
    def comparer(self) -> Comparer:
        """Prices days and compares them with what was allowed, under these terms."""
        return Comparer(Pricer(self.rules, self.contracts), self.terms.tolerances)

    @cached_property
    def terms(self) -> Terms:
        """Policies and packs, each question about them answered once."""
        return Terms(self.rules, self._binding)

    def ruleset(self, dos: date, payer_id: str, program: str | None = None, discipline: str | None = None) -> Ruleset:
        """The session rules for a day, payer and discipline; `program` as a policy states it. The same each time."""
        key = (dos, payer_id, program, discipline)
        found = self._rulesets.get(key)
        if found is None:
            known = program_of(self.rules, dos, payer_id, program)
            found = self._rulesets.keep(
                key, Ruleset(rulebook=self.rules, on=dos, payer_id=payer_id, program=known, discipline=discipline)
            )
        return found

    @cached_property
    def _rulesets(self) -> BoundedCache[tuple[date, str, str | None, str | None], Ruleset]:
        return BoundedCache()

    @cached_property
    def _binding(self) -> tuple[PolicyPublished, ...]:
        """Policies by the payer they bind: who pays for Original Medicare is Medicare, under its own ids too."""
        return tuple(
            policy.model_copy(update={"payer_id": MEDICARE, "identifiers": (*policy.identifiers, policy.payer_id)})
            if program_of(self.rules, policy.effective_from or date.max, policy.payer_id, policy.program)
            == ORIGINAL_MEDICARE
            else policy
            for policy in self.policies
        )

    @cached_property
    def _payers(self) -> dict[str, str]:
        known = {_norm(MEDICARE): MEDICARE}
        for policy in self._binding:
            for stated in (policy.payer_id, *policy.identifiers, *policy.names):
                known.setdefault(_norm(stated), policy.payer_id)
        for stated, payer_id in self.payer_links.items():
            known[_norm(stated)] = payer_id
        return known

    @cached_property
    def _indicators(self) -> dict[str, str]:
        known = {MEDICARE_INDICATOR: MEDICARE}
        for policy in self._binding:
            for indicator in policy.claim_filing_indicators:
                known.setdefault(indicator, policy.payer_id)
        return known


@lru_cache(maxsize=4096)  # of values only: the same few payers are named in every claim
def _norm(stated: str) -> str:
    return " ".join(stated.upper().split())


def build_reference(
    logged_events: Iterable[LoggedEvent], zone: ZoneInfo, ref: Callable[[str, str], str] = _plain_ref
) -> Reference:
    """The terms that logged events state, the newest version of each; a practice's own pack before a shipped one.

    Never raises. What cannot be read judges nothing, and what it governs is unknown: no older version takes its place.
    It is named in `problems`.
    """
    logged, unread = _readable(logged_events)
    standing = effective_events(logged, zone)
    facts = [event.data for event in standing]
    rules, own, problems = _rules(standing)
    return Reference(
        rules=rules,
        zone=zone,
        policies=tuple(fact for fact in facts if isinstance(fact, PolicyPublished)),
        contracts=tuple(fact for fact in facts if isinstance(fact, ContractPublished)),
        patient_links=_chains(facts, "patient"),
        payer_links=_chains(facts, "payer"),
        notices=_notices(standing),
        ref=ref,
        own_packs=own,
        problems=(*unread, *problems),
    )


def _readable(logged_events: Iterable[LoggedEvent]) -> tuple[list[LoggedEvent], list[str]]:
    """The terms, what stands for those that cannot be read in their place, and what is said of these."""
    events = list(logged_events)
    scopes = _scopes(events)
    readable, problems = [], []
    for event in events:
        if isinstance(event.data, UnreadableData):
            stand_in = _stand_in(event, event.data, scopes)
            problems.append(_said(event, event.data.reason, stand_in))
            readable += [] if stand_in is None else [replace(event, data=stand_in)]
        else:
            readable.append(event)
    return readable, sorted(problems)


def _said(event: LoggedEvent, reason: str, stand_in: EventData | None) -> str:
    what = TYPES[event.type].event.label if event.type in TYPES else event.type
    named = f"{what} {event.subject}" if stand_in is not None else what  # the subject of others may be a patient
    effect = "what it governs is unknown" if stand_in is not None else "it judges nothing"
    return f"{named} of {event.time.date().isoformat()} {reason}: {effect} until it is published again or withdrawn"


def _scopes(events: Iterable[LoggedEvent]) -> dict[str, ContractScope]:
    """The scope of each contract, as any version that can be read states it."""
    facts = (event.data for event in events)
    found = {f.contract_id: f.scope for f in facts if isinstance(f, ContractPublished)}
    return dict(sorted(found.items()))


def _stand_in(event: LoggedEvent, data: UnreadableData, scopes: Mapping[str, ContractScope]) -> EventData | None:
    if event.type == PolicyPublished.event.name:
        return UnreadPolicy.of(data, event.subject)
    if event.type == ContractPublished.event.name:
        return UnreadContract.of(data, event.subject, scopes)
    if event.type == RulesAdopted.event.name:
        return UnreadPack.of(data, event.subject)
    return None


def _notices(standing: Iterable[LoggedEvent]) -> dict[str, tuple[EligibilityNotice, ...]]:
    """By the patient they name; what names a claim is among the claim's own events."""
    found: dict[str, tuple[EligibilityNotice, ...]] = {}
    for event in standing:
        stated = eligibility_notice_of(event.data)
        if stated is not None:
            patient_id, dated = stated
            found[patient_id] = (*found.get(patient_id, ()), EligibilityNotice(dated, event.name))
    return found


def _rules(standing: Iterable[LoggedEvent]) -> tuple[Rulebook, frozenset[str], tuple[str, ...]]:
    """Own packs come first, so that of two that tie the shipped one gives way."""
    own, shipped = _Adopted(), _Adopted()
    for event in standing:
        if isinstance(event.data, RulesAdopted):
            (shipped if event.source == SHIPPED else own).take(event.data)
    mine = own.in_force(shipped.packs)
    rules, tied = sound_rulebook([*mine.values(), *(p for n, p in shipped.in_force({}).items() if n not in mine)])
    return rules, frozenset(own.packs.keys() | own.unread.keys()), (*own.problems, *shipped.problems, *tied)


class _Adopted:
    """The packs of one origin, the newest version of each, and those whose newest version cannot be read."""

    def __init__(self) -> None:
        self.packs: dict[str, Pack] = {}
        self.unread: dict[str, tuple[Any, str]] = {}  # content and why
        self.problems: list[str] = []

    def take(self, adopted: RulesAdopted) -> None:
        self.unread.pop(adopted.pack_id, None)
        if isinstance(adopted, UnreadPack):
            self.unread[adopted.pack_id] = (adopted.content, adopted.why_unread)
            return
        try:
            pack = read_pack(adopted.content)
            check_pack(pack)
        except Exception as error:  # noqa: BLE001  one pack never takes the others with it
            stated = f"pack {adopted.pack_id}@{adopted.version} judges nothing: {type(error).__name__}"
            self.problems.append(str(error) if isinstance(error, RulePackError) else stated)
            self.unread[adopted.pack_id] = (adopted.content, "cannot be read")
        else:
            self.packs[pack.pack_id] = pack

    def in_force(self, others: Mapping[str, Pack]) -> dict[str, Pack]:
        """The packs by id; one that cannot be read where there is an older version of it, here or among `others`."""
        found = dict(self.packs)
        for pack_id, (content, reason) in self.unread.items():
            stand_in = unread_pack(content, self.packs.get(pack_id) or others.get(pack_id), reason)
            if stand_in is not None:
                found[pack_id] = stand_in
        return found


def _chains(facts: Iterable[object], kind: str) -> dict[str, str]:
    """Each linked id to the last id of its chain; a circle ends where it began."""
    links = {f.from_id: f.to_id for f in facts if isinstance(f, IdentityLinked) and f.kind == kind}
    return {start: _end(start, links) for start in links}


def _end(start: str, links: Mapping[str, str]) -> str:
    here, seen = start, {start}
    while (following := links.get(here)) is not None and following not in seen:
        here = following
        seen.add(here)
    return here
