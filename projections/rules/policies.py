"""Which terms a payer holds a claim to on a date: its published policy first, then the shipped packs of its program.

A payer without a policy has no terms: the answer then is `Missing` with the reason, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from events.term_refusals import levels_of, unknown_fields
from events.term_words import Anchor
from events.terms import AppealLimit, PolicyPublished, TermLimit, Tolerances
from events.unread_terms import UnreadPolicy
from projections.calendar import DaysOff
from projections.rules.adjustment_codes import DenialTable
from projections.rules.bounded_cache import BoundedCache
from projections.rules.claim_status_words import StatusTable
from projections.rules.days_off import HOLIDAYS, read_days_off
from projections.rules.policy_choice import Dates, PayerTerms, PolicyBook, Undecided, policy_name, unread
from projections.rules.programs import program_of
from projections.rules.rulebook import Rulebook, Ruling, Unknown
from projections.rules.windows import Window, WindowError, read_window

__all__ = ["Dates", "Missing", "NotGranted", "PayerTerms", "Term", "Terms", "policy_name"]


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
# Windows that a policy may state beyond filing and appeals, the pack used instead, and what they count from.
_WINDOWS: Mapping[str, tuple[str, Anchor]] = {
    "filing": ("timely", Anchor.DOS),
    "corrected": ("corrected", Anchor.NOTICE),
    "reopening": ("reopening", Anchor.NOTICE),
    "peer_to_peer": ("peer_to_peer", Anchor.NOTICE),
    "records": ("records_by_payer", Anchor.RECEIPT),
    "dispute": ("dispute", Anchor.NOTICE),
    "rebuttal": ("rebuttal", Anchor.RECOUPMENT),
    "recoupment": ("recoupment", Anchor.RECOUPMENT),
    "refund": ("refund_by_payer", Anchor.RECEIPT),
}


class Terms:
    """All policies and packs of one reference, each question answered once."""

    def __init__(self, rules: Rulebook, policies: Iterable[PolicyPublished]) -> None:
        self.rules = rules
        self._answers: BoundedCache[Any, Any] = BoundedCache()
        self.book = PolicyBook(policies, self._program_of)

    def remember(self, key: tuple[Any, ...], answer: Callable[[], T]) -> T:
        """The answer to a question that only these terms and the key decide."""
        known: T = self._answers.get(key, _NEVER_ASKED)
        return self._answers.keep(key, answer()) if known is _NEVER_ASKED else known

    def _program_of(self, stated: str | None, payer_id: str, on: date) -> str | None:
        key = ("stated program", stated, payer_id, on)
        return self.remember(key, lambda: program_of(self.rules, on, payer_id, stated))

    def filing(self, payer: PayerTerms, dos: date, *, secondary: bool = False) -> Term:
        """The initial filing limit, by date of service; `secondary`: another payer decides before this one."""
        if secondary and self._states("filing_secondary", payer, Dates(dos=dos)):
            return self._remembered("filing_secondary", payer, Dates(dos=dos), ("timely", Anchor.PRIMARY_NOTICE))
        return self._remembered("filing", payer, Dates(dos=dos))

    def outer_limit(self, payer: PayerTerms, dos: date) -> Window | None:
        """The longest that federal law lets the payer's program take a claim; the payer's own limit may be shorter."""
        return self.remember(("outer_limit", payer, dos), lambda: self._outer_limit(payer, dos))

    def _outer_limit(self, payer: PayerTerms, dos: date) -> Window | None:
        ruling = self._pack("outer_limit", dos, payer)
        found = ruling and self._read(ruling.values, ruling.name, Anchor.DOS)
        return found if isinstance(found, Window) else None

    def corrected(self, payer: PayerTerms, dates: Dates) -> Term:
        """The window for a corrected claim (frequency 7)."""
        return self._remembered("corrected", payer, dates)

    def reopening(self, payer: PayerTerms, dates: Dates) -> Term:
        """The window for a reopening (42 CFR 405.980)."""
        return self._remembered("reopening", payer, dates)

    def window(self, field: str, payer: PayerTerms, dates: Dates) -> Term:
        """Any other window that a policy may state: peer_to_peer, records, dispute, rebuttal, recoupment, refund."""
        return self._remembered(field, payer, dates)

    def appeal(self, payer: PayerTerms, level: int, dates: Dates) -> Term:
        """The window of one appeal level, by the notice or decision that opens it."""
        return self.remember(("appeal", payer, level, dates), lambda: self._appeal(payer, level, dates))

    def tolerances(self, payer: PayerTerms, dos: date) -> Tolerances | Undecided | None:
        """What the policy in force on a date of service says of differences; None where it says nothing.

        Undecided where that policy cannot be read.
        """
        found: Tolerances | Undecided | None = self.book.stated("tolerances", payer, Dates(dos=dos))
        return found

    def pack(self, kind: str, on: date, payer: PayerTerms | None = None) -> Ruling | None:
        """The pack of a kind in force on a date; None without one."""
        return self.remember(("pack", kind, on, payer), lambda: self._pack(kind, on, payer))

    def denials(self, on: date) -> DenialTable:
        """The table of adjustment codes for notices of a date."""
        return self.remember(("denials", on), lambda: DenialTable.from_rulebook(self.rules, on))

    def claim_statuses(self, on: date) -> StatusTable:
        """What the codes of a 277CA and a 999 mean on a date."""
        return self.remember(("claim_statuses", on), lambda: StatusTable.from_rulebook(self.rules, on))

    def program(self, payer: PayerTerms, on: date) -> str | None:
        """The program as the account knows it, else as a policy of that date states it."""
        return self.remember(("program", payer, on), lambda: self.book.program(payer, Dates(on, on)))

    def in_force(self, on: date) -> list[PolicyPublished]:
        """The policies that judge a date, by payer: those for everybody first, then the narrower ones."""
        return self.book.in_force(on)

    def _remembered(
        self, field: str, payer: PayerTerms, dates: Dates, default: tuple[str, Anchor] | None = None
    ) -> Term:
        return self.remember((field, payer, dates), lambda: self._term(field, payer, dates, default))

    def _read(self, stated: Any, rule: str, anchor: Anchor, level: int = 0) -> Term:
        """A window as it is stated, read once: the same few are stated for all days, and live as long as the terms."""
        key = ("window", id(stated), rule, anchor, level)
        return self.remember(key, lambda: _window(stated, rule, anchor, level, self.days_off))

    @cached_property
    def days_off(self) -> DaysOff:
        """Federal holidays of every year whose pack is in force."""
        return read_days_off(pack for pack in self.rules.packs.values() if pack.kind == HOLIDAYS)

    def _states(self, field: str, payer: PayerTerms, dates: Dates) -> bool:
        covering = self.book.covering(payer, dates)
        return not isinstance(covering, Undecided) and any(
            isinstance(policy, UnreadPolicy) or getattr(policy, field) is not None for policy in covering
        )

    def _term(self, field: str, payer: PayerTerms, dates: Dates, default: tuple[str, Anchor] | None) -> Term:
        kind, anchor = default or _WINDOWS[field]
        covering = self.book.covering(payer, dates, states=lambda policy: getattr(policy, field) is not None)
        if isinstance(covering, Undecided):
            return Missing(covering.reason)
        for policy in covering:
            stated: TermLimit | None = getattr(policy, field)
            if problem := _problem(policy):
                return problem
            if stated is not None:
                if stated.length == 0:
                    return NotGranted(f"the policy allows none ({field.replace('_', ' ')})", policy_name(policy))
                return self._read(stated, policy_name(policy), anchor)
        return self._packed(kind, payer, dates, anchor)

    def _packed(self, kind: str, payer: PayerTerms, dates: Dates, anchor: Anchor) -> Term:
        on = dates.first
        ruling = self._pack(kind, on, payer)
        if ruling is None:
            return Missing(self._why_missing(kind, payer, dates))
        if ruling.values.get("accepted") is False:
            return NotGranted(str(ruling.values.get("reason", "not accepted")), ruling.name)
        return self._read(ruling.values, ruling.name, anchor)

    def _appeal(self, payer: PayerTerms, level: int, dates: Dates) -> Term:
        covering = self.book.covering(payer, dates, states=_states_appeals)
        if isinstance(covering, Undecided):
            return Missing(covering.reason)
        for policy in covering:
            if problem := _problem(policy):
                return problem
            if _states_appeals(policy):
                return self._appeal_of(policy, level)
        return self._packed_appeal(payer, level, dates)

    def _packed_appeal(self, payer: PayerTerms, level: int, dates: Dates) -> Term:
        ruling = self._pack("appeal", dates.first, payer)
        if ruling is None:
            return Missing(self._why_missing("appeal", payer, dates))
        stated: Sequence[Mapping[str, Any]] = ruling.values.get("levels", ())
        limit = next((one for one in stated if one.get("level") == level), None)
        if limit is None:
            return NotGranted(f"there is no appeal at level {level}", ruling.name)
        return self._read(limit, ruling.name, Anchor.NOTICE if level == 1 else Anchor.DECISION, level)

    def _appeal_of(self, policy: PolicyPublished, level: int) -> Term:
        name = policy_name(policy)
        for place, limit in enumerate(policy.appeals):
            if level in levels_of(limit, place):
                return self._read_appeal(limit, name, level)
        if level <= (policy.appeal_levels or 0):
            return Missing(f"{name} grants level {level} and states no time limit for it", name)
        return NotGranted(f"the policy grants no appeal at level {level}", name)

    def _read_appeal(self, limit: AppealLimit, name: str, level: int) -> Term:
        """A window that several levels share counts from the notice, unless it says otherwise."""
        if limit.length == 0:
            return NotGranted(f"the policy grants no appeal at level {level}", name)
        shared = len(limit.levels) > 1
        return self._read(limit, name, Anchor.NOTICE if level == 1 or shared else Anchor.DECISION, level)

    def _pack(self, kind: str, on: date, payer: PayerTerms | None) -> Ruling | None:
        scope = {} if payer is None else self._scope(payer, on)
        ruling = self.rules.pick(kind, on, **scope)
        return ruling if isinstance(ruling, Ruling) else None

    def _scope(self, payer: PayerTerms, on: date) -> dict[str, str | None]:
        return {"payer_id": payer.payer_id, "plan": payer.plan, "program": self.program(payer, on)}

    def _why_missing(self, kind: str, payer: PayerTerms, dates: Dates) -> str:
        picked = self.rules.pick(kind, dates.first, **self._scope(payer, dates.first))
        if isinstance(picked, Unknown) and picked.is_unread:
            return picked.reason
        if not self.book.knows(payer.payer_id):
            who = payer.payer_id or "(unknown)"
            return f"no policy for payer {who} is published: publish one to set the {kind.replace('_', ' ')} limit"
        if not self.book.covering(payer, dates):
            return f"no policy for payer {payer.payer_id} covers {dates.first.isoformat()}"
        return f"the policy for payer {payer.payer_id} states no {kind.replace('_', ' ')} limit"


def _states_appeals(policy: PolicyPublished) -> bool:
    return bool(policy.appeals) or policy.appeal_levels is not None


def _problem(policy: PolicyPublished) -> Missing | None:
    """A policy that cannot be read, or has a field nothing here understands: what it says may depend on it."""
    name = policy_name(policy)
    if isinstance(policy, UnreadPolicy):
        return Missing(unread(policy).reason, name)
    unknown = unknown_fields(policy)
    if not unknown:
        return None
    return Missing(f"{name}: its term {unknown[0][:40]!r} is not understood", name)


def _window(stated: Any, rule: str, anchor: Anchor, level: int, off: DaysOff) -> Term:
    try:
        return read_window(stated, rule, anchor, level).with_days_off(off)
    except WindowError as error:
        return Missing(f"{rule}: {error}", rule)
