"""Answers about routing as documents describe them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from services.api.schemas import AmountField, JsonModel
from services.store.routing_rules import RuleTerms


class SavedRuleJson(RuleTerms):
    version: int


class RoutingRuleJson(JsonModel):
    """`in_force`: the version that decides on the day of the read; `to_come`: one that begins later."""

    name: str
    in_force: dict[str, Any] | None
    to_come: dict[str, Any] | None
    versions: list[dict[str, Any]]


class QueueJson(JsonModel):
    name: str
    members: list[str]


class RoutingJson(JsonModel):
    rules: list[RoutingRuleJson]
    queues: list[QueueJson]


class RoutingMoveJson(JsonModel):
    from_: str | None = Field(alias="from")
    to: str | None
    items: int
    amount: str = AmountField


class RoutingTrialJson(JsonModel):
    """Counts of open items that would change. `kept`: those that a person assigned. `says`: the same in words."""

    rule: str
    fits: int
    kept: int
    held: int
    released: int
    tagged: int
    moves: list[RoutingMoveJson]
    items: list[dict[str, Any]] = Field(description="The most urgent of those that change.")
    says: list[str]
