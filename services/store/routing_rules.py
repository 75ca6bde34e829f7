"""Routing rules and queues: settings of a practice with versions, each in force from a day on.

A rule says which items of work it fits, and who gets them, until when they are held, which tags they bear. Of a rule's
versions the newest that has begun counts, so that a change can be entered before it begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_serializer, model_validator
from sqlalchemy import Engine

from events.values import MAX_AMOUNT, Day
from projections.work.kinds import EVERY_LIST, KINDS
from services.core.errors import UsageError
from services.store.practice_settings import PracticeSettings, Setting, SettingKind

MOST_RULES = 50  # of a practice, in force or not
LISTS = tuple(kind for kind in KINDS if kind != EVERY_LIST)


def _line(longest: int, pattern: str = r"^[^\x00-\x1f]+$") -> StringConstraints:
    """Text on one line."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=pattern)


_Text = Annotated[str, _line(200)]
RoutingName = Annotated[str, _line(80)]
Tag = Annotated[str, _line(30, r"^[^\x00-\x1f,]+$")]
_Some = Annotated[tuple[_Text, ...], Field(max_length=50)]
_Dollars = Annotated[Decimal, Field(ge=0, le=MAX_AMOUNT, decimal_places=2, allow_inf_nan=False)]
_Days = Annotated[int, Field(ge=0, le=3650)]


class RuleTerms(BaseModel):
    """What a rule says. What is left out narrows nothing; of a list any value fits.

    `rank`: the smallest decides first who gets an item. `clinics`: NPIs that bill; `providers`: NPIs that render.
    `age_min`, `age_max`: days since the date of service. `hold_days`: after the date of service. `effective_to` is the
    first day on which the rule is not in force any more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: RoutingName
    rank: int = Field(100, ge=1, le=999)
    payers: _Some = ()
    lists: _Some = Field((), description=f"Of {', '.join(LISTS)}.")
    categories: _Some = ()
    disciplines: _Some = ()
    clinics: _Some = ()
    providers: _Some = ()
    amount_min: _Dollars | None = None
    amount_max: _Dollars | None = None
    age_min: _Days | None = None
    age_max: _Days | None = None
    to: _Text | None = Field(None, description="A person or a queue.")
    hold_until: Day | None = None
    hold_days: int | None = Field(None, ge=1, le=365)
    tags: tuple[Tag, ...] = Field((), max_length=10)
    effective_from: Day | None = Field(None, description="Without one: from the day on which it is saved.")
    effective_to: Day | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if unknown := sorted(set(self.lists) - set(LISTS)):
            raise ValueError(f"lists: no list {unknown[0][:40]!r}; use {', '.join(LISTS)}")
        if not (self.to or self.hold_until or self.hold_days or self.tags):
            raise ValueError("a rule assigns, holds or tags: say which")
        for low, high in (("amount_min", "amount_max"), ("age_min", "age_max"), ("effective_from", "effective_to")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} is more than {high}")
        return self

    @field_serializer("amount_min", "amount_max")
    def _as_dollars(self, amount: Decimal | None) -> str | None:
        return None if amount is None else f"{amount:.2f}"


class RoutingFieldError(UsageError):
    """A field of a rule that cannot be used; the message names it and does not repeat what it held."""


def read_terms(given: Mapping[str, Any], names: Mapping[str, str] | None = None) -> RuleTerms:
    """`names`: what the fields are called where the rule was typed. Raises RoutingFieldError."""
    try:
        return RuleTerms.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        said = first["msg"].removeprefix("Value error, ")
        called = (names or {}).get(field, field)
        raise RoutingFieldError(f"{called}: {said[:1].lower()}{said[1:]}" if called else said) from None


@dataclass(frozen=True, kw_only=True)
class RoutingRule:
    """A version of a rule as it was saved."""

    terms: RuleTerms
    version: int
    saved_by: str
    saved_at: datetime | None

    @property
    def begins(self) -> date:
        """Saved rules always say when they begin."""
        return self.terms.effective_from or date.min

    @property
    def ended(self) -> bool:
        """It was ended before it did anything: the last version of a rule that somebody ended."""
        return self.terms.effective_to is not None and self.terms.effective_to <= self.begins


@dataclass(frozen=True)
class RoutingSettings:
    """All versions of the practice's rules by name, the newest first; and the members of each queue."""

    rules: Mapping[str, tuple[RoutingRule, ...]]
    queues: Mapping[str, tuple[str, ...]]

    def in_force(self, day: date) -> tuple[RoutingRule, ...]:
        """Those in force on a day, in the order in which they decide."""
        return ordered(rule for versions in self.rules.values() if (rule := on_day(versions, day)) is not None)


def ordered(rules: Iterable[RoutingRule]) -> tuple[RoutingRule, ...]:
    """By rank, then by name."""
    return tuple(sorted(rules, key=lambda rule: (rule.terms.rank, rule.terms.name)))


def on_day(versions: Iterable[RoutingRule], day: date) -> RoutingRule | None:
    """The newest version that has begun, unless it has ended."""
    begun = max((rule for rule in versions if rule.begins <= day), key=lambda rule: rule.version, default=None)
    ended = begun is not None and begun.terms.effective_to is not None and begun.terms.effective_to <= day
    return None if ended else begun


def routing_settings(engine: Engine, practice: str) -> RoutingSettings:
    """What the practice has saved."""
    settings = PracticeSettings(engine, practice)
    rules: dict[str, list[RoutingRule]] = {}
    for kept in settings.history(SettingKind.ROUTING):
        rules.setdefault(kept.name, []).append(_rule(kept))
    queues = settings.current(SettingKind.QUEUE)
    members = {name: tuple(kept.body["members"]) for name, kept in queues.items()}
    return RoutingSettings({name: tuple(found) for name, found in rules.items()}, members)


def _rule(kept: Setting) -> RoutingRule:
    terms = RuleTerms.model_validate(kept.body)
    return RoutingRule(terms=terms, version=kept.version, saved_by=kept.saved_by, saved_at=kept.saved_at)
