"""Answers about routing as documents describe them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from services.api.schemas import AmountField, JsonModel, MaybeAmount
from services.store.routing_rules import RuleTerms


class SavedRuleJson(RuleTerms):
    version: int


class RuleVersionJson(SavedRuleJson):
    saved_by: str
    saved_at: datetime | None


class RoutingRuleJson(JsonModel):
    """`in_force`: the version that decides on the day of the read; `to_come`: one that begins later."""

    name: str
    in_force: RuleVersionJson | None
    to_come: RuleVersionJson | None
    versions: list[RuleVersionJson]


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


class MovedItem(JsonModel):
    """An item that would change hands, or be held. `from` and `to` null: nobody."""

    kind: str
    claim_id: str | None
    ref: str | None
    payer_id: str | None
    due: date | datetime | None
    lost_on: date | None
    amount_at_risk: str | None = MaybeAmount
    from_: str | None = Field(alias="from")
    to: str | None
    held: bool


class RoutingTrialJson(JsonModel):
    """Counts of open items that would change. `kept`: those that a person assigned. `says`: the same in words."""

    rule: str
    fits: int
    kept: int
    held: int
    released: int
    tagged: int
    moves: list[RoutingMoveJson]
    items: list[MovedItem] = Field(description="The most urgent of those that change.")
    says: list[str]
