"""Which published policy is in force: the one place where it is asked, always by date, plan and scope.

Of the policies of a payer that cover the date and fit the claim, the one that names most about it comes first and lends
what it does not say from the next. Of two with one scope the newest version decides. Where policies differ by something
that is not known of a claim, nothing is chosen and the reason names what is missing; only an unknown plan is served
by the terms for all plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from events.term_refusals import DOS, NOTICE
from events.terms import PolicyPublished
from events.unread_terms import UnreadPolicy
from projections.rules.programs import ORIGINAL_MEDICARE

ProgramOf = Callable[[str | None, str, date], str | None]  # what a policy states, the payer id, the date
Scope = tuple[str | None, str | None, str | None]


class PayerTerms(NamedTuple):
    """Whose terms are asked for: the payer, and what is known of the claim that policies may distinguish."""

    payer_id: str
    plan: str | None = None
    program: str | None = None
    state: str | None = None
    line_of_business: str | None = None


class Dates(NamedTuple):
    """The date of service and, where a notice opens the window, its date."""

    notice: date | None = None
    dos: date | None = None

    @property
    def first(self) -> date:
        """The date a rule goes by that says nothing else: the notice, where there is one."""
        return self.notice or self.dos or date.max


class Undecided(NamedTuple):
    """Policies differ by something that is not known of the claim, or one that decides cannot be read."""

    reason: str
    is_unread: bool = False


class PolicyBook:
    """The policies of one practice, by payer."""

    def __init__(self, policies: Iterable[PolicyPublished], program_of: ProgramOf) -> None:
        self._program_of = program_of
        self._by_payer: dict[str, list[PolicyPublished]] = {}
        for policy in policies:
            self._by_payer.setdefault(policy.payer_id, []).append(policy)
        for payer_id, published in self._by_payer.items():
            self._by_payer[payer_id] = _ranked(published)

    def knows(self, payer_id: str) -> bool:
        return bool(self._by_payer.get(payer_id))

    def in_force(self, on: date) -> list[PolicyPublished]:
        """The policies that judge a date, by payer: those for everybody first, then the narrower ones."""
        return [
            policy
            for payer_id in sorted(self._by_payer)
            for policy in sorted(self._newest(payer_id, Dates(on, on)), key=lambda p: (_narrow(p), _scope_text(p)))
        ]

    def covering(
        self,
        payer: PayerTerms,
        dates: Dates,
        states: Callable[[PolicyPublished], bool] = lambda _policy: True,
    ) -> tuple[PolicyPublished, ...] | Undecided:
        """The policies that bind this claim, the narrowest first.

        Undecided where one that `states` what is asked might bind it.
        """
        newest = self._newest(payer.payer_id, dates)
        for policy in newest:
            if isinstance(policy, UnreadPolicy) and policy.may_bind_anyone:
                return unread(policy)
        programs = {self._program(policy, dates) for policy in newest if policy.program}
        fitting: list[PolicyPublished] = []
        for policy in newest:
            unknown = self._unknown(policy, payer, dates, by_program=len(programs) > 1)
            if unknown is None:
                fitting.append(policy)
            elif unknown and states(policy):
                return Undecided(f"the policies for payer {payer.payer_id} differ by {unknown}, which is not known")
        return tuple(sorted(fitting, key=lambda policy: (-_narrow(policy), _scope_text(policy))))

    def stated(self, field: str, payer: PayerTerms, dates: Dates) -> Any:
        """What the narrowest policy that states a field says; None where none does, Undecided where one is unread.

        Where policies differ by something unknown, nobody states it.
        """
        covering = self.covering(payer, dates)
        if isinstance(covering, Undecided):
            return covering if covering.is_unread else None
        for policy in covering:
            if isinstance(policy, UnreadPolicy):
                return unread(policy)
            if (value := getattr(policy, field)) not in (None, ()):
                return value
        return None

    def program(self, payer: PayerTerms, dates: Dates) -> str | None:
        """Original Medicare where the account says so, else what the policies of that date state, else the account."""
        if payer.program == ORIGINAL_MEDICARE:
            return payer.program
        covering = self.covering(payer, dates)
        stated = () if isinstance(covering, Undecided) else [policy for policy in covering if policy.program]
        if stated:
            return self._program(stated[0], dates)
        return self._program_of(payer.program, payer.payer_id, dates.first) if payer.program else None

    def _program(self, policy: PolicyPublished, dates: Dates) -> str | None:
        return self._program_of(policy.program, policy.payer_id, dates.first)

    def _newest(self, payer_id: str, dates: Dates) -> list[PolicyPublished]:
        """Of each scope the newest policy that covers the date. One that names no program is for all of them."""
        found: dict[Scope, dict[str | None, PolicyPublished]] = {}
        for policy in self._by_payer.get(payer_id, ()):
            if _covers(policy, dates):
                same = found.setdefault(_scope(policy), {})
                for replaced in list(same) if policy.program is None else [None]:
                    same.pop(replaced, None)
                same[self._program(policy, dates) if policy.program else None] = policy
        return [policy for same in found.values() for policy in same.values()]

    def _unknown(self, policy: PolicyPublished, payer: PayerTerms, dates: Dates, *, by_program: bool) -> str | None:
        """None where the policy fits; what is not known of the claim where it might; else nothing."""
        unknown = ""
        told = [
            ("plan", policy.plan, payer.plan),
            ("state", policy.state, payer.state),
            ("line of business", policy.line_of_business, payer.line_of_business),
        ]
        if by_program and policy.program:
            told.append(("program", self._program(policy, dates), payer.program))
        for what, wanted, known in told:
            if wanted is None or (known is not None and _same(wanted, known)):
                continue
            if known is not None or what == "plan":
                return ""
            unknown = unknown or what
        return unknown or None


def unread(policy: UnreadPolicy) -> Undecided:
    """Nothing is known of what a policy says that cannot be read."""
    return Undecided(f"{policy_name(policy)} {policy.why_unread}", is_unread=True)


def policy_name(policy: PolicyPublished) -> str:
    """For people and rows: payer, scope and version, or the date it took effect where it has no version."""
    version = policy.version if policy.version is not None else policy.effective_from or "undated"
    narrowed = [part for part in (policy.plan, policy.state, policy.line_of_business) if part]
    return f"policy {'/'.join([policy.payer_id, *narrowed])}@{version}"


def _same(wanted: str, known: str) -> bool:
    return wanted == known or wanted.casefold().split() == known.casefold().split()


def _scope(policy: PolicyPublished) -> Scope:
    return (policy.plan, policy.state, policy.line_of_business)


def _scope_text(policy: PolicyPublished) -> str:
    return " ".join(part or "" for part in (*_scope(policy), policy.program))


def _narrow(policy: PolicyPublished) -> int:
    return sum(part is not None for part in (policy.plan, policy.state, policy.line_of_business))


def _covers(policy: PolicyPublished, dates: Dates) -> bool:
    """Without a word on it, the day is the notice where one opens the window, else the date of service."""
    on = dates.first
    if policy.effective_by == DOS:
        on = dates.dos or on
    elif policy.effective_by == NOTICE:
        on = dates.notice or on
    begun = policy.effective_from is None or policy.effective_from <= on
    return begun and (policy.effective_to is None or on < policy.effective_to)


def _ranked(published: Iterable[PolicyPublished]) -> list[PolicyPublished]:
    """Older versions first. One whose version cannot be read follows all that were published before it."""
    ranks: list[tuple[int, str, date]] = []
    policies = list(published)
    for policy in policies:
        is_lost = isinstance(policy, UnreadPolicy) and "version" in policy.lost
        number = max((rank[0] for rank in ranks), default=0)
        ranks.append((number, _AFTER_ALL, date.max) if is_lost else _version(policy))
    return [policies[place] for place in sorted(range(len(policies)), key=ranks.__getitem__)]


_AFTER_ALL = "\U0010ffff"  # sorts after every text


def _version(policy: PolicyPublished) -> tuple[int, str, date]:
    """Later versions last; numbers count as numbers, and order of publication breaks ties (the sort is stable)."""
    stated = str(policy.version if policy.version is not None else "")
    number = int(stated) if stated.isdecimal() and len(stated) < 10 else 0
    return (number, "" if number else stated, policy.effective_from or date.min)
