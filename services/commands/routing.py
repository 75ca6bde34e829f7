"""Saves and ends routing rules and queues: settings with versions; who changed them is in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from services.core.errors import ConflictError, NotFoundError, UsageError
from services.security.people import active_people
from services.store.practice_settings import PracticeSettings, Setting, SettingKind
from services.store.routing_rules import MOST_RULES, RuleTerms, on_day, routing_settings

MOST_QUEUES = 50
LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class RoutingAdmin:
    """Changes the routing of one practice, in the name of `by`. `today`: the day in the practice's zone."""

    engine: Engine
    practice: str
    by: str
    now: datetime
    today: date

    def save_rule(self, terms: RuleTerms, seen: int | None = None) -> Setting:
        """A new version of the rule of this name; it begins today or later. `seen`: the version it was edited from.

        Raises UsageError, and ConflictError where somebody else saved another version since.
        """
        begins = terms.effective_from or self.today
        if begins < self.today:
            raise UsageError("In force from: today or later; the past stays as it was")
        if terms.effective_to is not None and terms.effective_to <= begins:
            raise UsageError("In force until: must be after the day the rule starts")
        known = routing_settings(self.engine, self.practice)
        if terms.name not in known.rules and len(known.rules) >= MOST_RULES:
            raise ConflictError(f"the limit of {MOST_RULES} rules is reached: change one of them")
        if terms.to is not None and terms.to not in known.queues and terms.to not in self._people():
            raise UsageError("Send to: there is no user and no queue of this name in the practice")
        return self._save(terms.model_copy(update={"effective_from": begins}), seen)

    def end_rule(self, name: str) -> Setting:
        """From today on the rule does nothing. Raises NotFoundError."""
        versions = routing_settings(self.engine, self.practice).rules.get(name, ())
        if not versions or versions[0].ended:
            raise NotFoundError("no such rule in force or to come in this practice")
        dates = {"effective_from": self.today, "effective_to": self.today}
        return self._save(versions[0].terms.model_copy(update=dates), None)

    def _save(self, terms: RuleTerms, seen: int | None) -> Setting:
        body = terms.model_dump(mode="json")
        settings = PracticeSettings(self.engine, self.practice)
        return settings.save(SettingKind.ROUTING, terms.name, body, by=self.by, now=self.now, seen=seen)

    def save_queue(self, name: str, members: Sequence[str]) -> Setting:
        """A queue with its members, by their names as users. Raises UsageError."""
        name, people = name.strip(), self._people()
        if not name or len(name) > LONGEST or not name.isprintable():
            raise UsageError(f"Queue: a name has 1 to {LONGEST} characters on one line")
        if name in people or name in ("me", "mine", "nobody"):
            raise UsageError("Queue: this name is taken by a user or reserved: choose another name")
        if any(member not in people for member in members):
            raise UsageError("Members: each is a user of this practice")
        settings = PracticeSettings(self.engine, self.practice)
        if name not in (known := settings.current(SettingKind.QUEUE)) and len(known) >= MOST_QUEUES:
            raise ConflictError(f"the limit of {MOST_QUEUES} queues is reached: remove one first")
        body = {"members": sorted(set(members))}
        return settings.save(SettingKind.QUEUE, name, body, by=self.by, now=self.now)

    def remove_queue(self, name: str) -> None:
        """Raises NotFoundError; ConflictError while a rule sends items there, now or later."""
        rules = routing_settings(self.engine, self.practice).rules.values()
        using = [
            versions[0].terms.name
            for versions in rules
            if any(rule.terms.to == name for rule in (versions[0], on_day(versions, self.today)) if rule)
            and not versions[0].ended
        ]
        if using:
            raise ConflictError(f"the rule {using[0]!r} sends items to this queue: change or end it first")
        settings = PracticeSettings(self.engine, self.practice)
        settings.remove(SettingKind.QUEUE, name, by=self.by, now=self.now)

    def _people(self) -> set[str]:
        return {each["name"] for each in active_people(self.engine, self.practice)}
