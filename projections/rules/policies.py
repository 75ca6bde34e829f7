"""Which terms a payer holds a claim to on a date: its published policy first, then the shipped packs of its program.

A payer without a policy has no terms: the answer then is `Missing` with the reason, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from events.terms import PolicyPublished
from projections.rules.adjustment_codes import DenialTable
from projections.rules.bounded_cache import BoundedCache
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.rules.rulebook import Rulebook, Ruling
from projections.rules.windows import Window, WindowError, read_window


class PayerTerms(NamedTuple):
    """Whose terms are asked for: the payer, the patient's plan, and the program if one is known."""

    payer_id: str
    plan: str | None = None
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """No terms are known: the deadline has no date."""

    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """The payer gives no such right: the deadline is void."""

    reason: str
    rule: str


Term = Window | Missing | NotGranted
T = TypeVar("T")
_NEVER_ASKED = object()


class Terms:
    """All policies and packs of one reference, each question answered once."""

    def __init__(self, rules: Rulebook, policies: Iterable[PolicyPublished]) -> None:
        self.rules = rules
        self._policies: dict[str, list[PolicyPublished]] = {}
        for policy in policies:
            self._policies.setdefault(policy.payer_id, []).append(policy)
        for ranked in self._policies.values():
            ranked.sort(key=_version)
        self._answers: BoundedCache[Any, Any] = BoundedCache()

    def remember(self, key: tuple[Any, ...], answer: Callable[[], T]) -> T:
        """The answer to a question that only these terms and the key decide."""
        known: T = self._answers.get(key, _NEVER_ASKED)
        return self._answers.keep(key, answer()) if known is _NEVER_ASKED else known

    def filing(self, payer: PayerTerms, dos: date) -> Term:
        """The initial filing limit, by date of service."""
        return self.remember(("filing", payer, dos), lambda: self._term("filing", "timely", payer, dos, "dos"))

    def corrected(self, payer: PayerTerms, notice: date) -> Term:
        """The window for a corrected claim (frequency 7), by notice date."""
        return self.remember(
            ("corrected", payer, notice), lambda: self._term("corrected", "corrected", payer, notice, "notice")
        )

    def reopening(self, payer: PayerTerms, notice: date) -> Term:
        """The window for a clerical-error reopening, by notice date."""
        return self.remember(("reopening", payer, notice), lambda: self._packed("reopening", payer, notice, "notice"))

    def appeal(self, payer: PayerTerms, level: int, on: date) -> Term:
        """The window of one appeal level, by the date of the notice or decision that opens it."""
        return self.remember(("appeal", payer, level, on), lambda: self._appeal(payer, level, on))

    def pack(self, kind: str, on: date, payer: PayerTerms | None = None) -> Ruling | None:
        """The pack of a kind in force on a date; None without one."""
        return self.remember(("pack", kind, on, payer), lambda: self._pack(kind, on, payer))

    def denials(self, on: date) -> DenialTable:
        """The table of adjustment codes for notices of a date."""
        return self.remember(("denials", on), lambda: DenialTable.from_rulebook(self.rules, on))

    def program(self, payer: PayerTerms, on: date) -> str | None:
        """The program as the account knows it, else as a policy of that date states it."""
        return self.remember(("program", payer, on), lambda: self._program(payer, on))

    def _program(self, payer: PayerTerms, on: date) -> str | None:
        stated = payer.program or next((p.program for p in self._covering(payer, on) if p.program), None)
        if stated is None or stated == ORIGINAL_MEDICARE:
            return stated
        return program_of(self.rules, on, payer.payer_id, stated)

    def in_force(self, on: date) -> list[PolicyPublished]:
        """The policies that judge a date: for each payer, that for all plans first, then one for each plan."""
        return [
            policy
            for payer_id in sorted(self._policies)
            for _, policy in sorted(self._newest(payer_id, on).items(), key=lambda item: item[0] or "")
        ]

    def _covering(self, payer: PayerTerms, on: date) -> list[PolicyPublished]:
        """The newest policy for the patient's plan that covers the date, then the newest for all plans."""
        newest = self._newest(payer.payer_id, on)
        plans = (payer.plan, None) if payer.plan is not None else (None,)
        return [newest[plan] for plan in plans if plan in newest]

    def _newest(self, payer_id: str, on: date) -> dict[str | None, PolicyPublished]:
        """By plan, the newest policy that covers the date; None is the one for all plans."""
        return {policy.plan: policy for policy in self._policies.get(payer_id, ()) if _covers(policy, on)}

    def _term(self, field: str, kind: str, payer: PayerTerms, on: date, anchor: str) -> Term:
        for policy in self._covering(payer, on):
            stated = getattr(policy, field)
            if stated is not None:
                if stated.length == 0:
                    return NotGranted(f"the policy allows none ({field})", policy_name(policy))
                return _read(stated, policy_name(policy), anchor)
        return self._packed(kind, payer, on, anchor)

    def _packed(self, kind: str, payer: PayerTerms, on: date, anchor: str) -> Term:
        ruling = self._pack(kind, on, payer)
        if ruling is None:
            return Missing(self._why_missing(kind, payer, on))
        if ruling.values.get("accepted") is False:
            return NotGranted(str(ruling.values.get("reason", "not accepted")), ruling.name)
        return _read(dict(ruling.values), ruling.name, anchor)

    def _appeal(self, payer: PayerTerms, level: int, on: date) -> Term:
        anchor = "notice" if level == 1 else "decision"
        for policy in self._covering(payer, on):
            if policy.appeals:
                levels = {limit.level or place: limit for place, limit in enumerate(policy.appeals, start=1)}
                if level not in levels:
                    return NotGranted(f"the policy grants no appeal at level {level}", policy_name(policy))
                return _read(levels[level], policy_name(policy), anchor, level)
        ruling = self._pack("appeal", on, payer)
        if ruling is None:
            return Missing(self._why_missing("appeal", payer, on))
        stated: Sequence[Mapping[str, Any]] = ruling.values.get("levels", ())
        limit = next((dict(one) for one in stated if one.get("level") == level), None)
        if limit is None:
            return NotGranted(f"there is no appeal at level {level}", ruling.name)
        return _read(limit, ruling.name, anchor, level)

    def _pack(self, kind: str, on: date, payer: PayerTerms | None) -> Ruling | None:
        scope = {}
        if payer is not None:
            scope = {"payer_id": payer.payer_id, "plan": payer.plan, "program": self._program(payer, on)}
        ruling = self.rules.pick(kind, on, **scope)
        return ruling if isinstance(ruling, Ruling) else None

    def _why_missing(self, kind: str, payer: PayerTerms, on: date) -> str:
        if not self._policies.get(payer.payer_id):
            who = payer.payer_id or "(unknown)"
            return f"no policy of payer {who} was published: publish one to know the {kind} limit"
        if not self._covering(payer, on):
            return f"no policy of payer {payer.payer_id} covers {on.isoformat()}"
        return f"the policy of payer {payer.payer_id} names no {kind} limit"


def policy_name(policy: PolicyPublished) -> str:
    """For people and rows: payer, plan and version, or the date it took effect where it has no version."""
    version = policy.version if policy.version is not None else policy.effective_from or "undated"
    plan = f"/{policy.plan}" if policy.plan else ""
    return f"policy {policy.payer_id}{plan}@{version}"


def _covers(policy: PolicyPublished, on: date) -> bool:
    begun = policy.effective_from is None or policy.effective_from <= on
    return begun and (policy.effective_to is None or on < policy.effective_to)


def _version(policy: PolicyPublished) -> tuple[int, str, date]:
    """Later versions last; numbers count as numbers, and order of publication breaks ties (the sort is stable)."""
    stated = str(policy.version if policy.version is not None else "")
    number = int(stated) if stated.isdecimal() and len(stated) < 10 else 0
    return (number, "" if number else stated, policy.effective_from or date.min)


def _read(stated: Any, rule: str, anchor: str, level: int = 0) -> Term:
    try:
        return read_window(stated, rule, anchor, level)
    except WindowError as error:
        return Missing(f"{rule}: {error}", rule)
