"""Conditions on an item's claim: its date of service, who bills and who renders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, cast, exists, literal

from projections.tables.tables import READ_TABLES

CLAIM, LINE = READ_TABLES["claim"], READ_TABLES["claim_line"]
DAY_SERVED = CLAIM.c.dos


def claim_key(item: Any) -> ColumnElement[str]:
    """The key of an item's claim. `item`: the columns of the table of items or of an alias of it."""
    key: ColumnElement[str] = literal("claim|") + bindparam("practice", type_=String) + "|" + item.claim_id
    return key


def claim_is(item: Any, *wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the item's claim fits conditions on the table of claims."""
    return exists().where(and_(CLAIM.c.key == claim_key(item), *wanted))


def billed_by(item: Any, wanted: Any) -> ColumnElement[bool]:
    """`wanted` makes a condition of the column that holds the billing NPI."""
    return exists().where(LINE.c.key == claim_key(item), wanted(LINE.c.billing_npi))


def rendered_by(item: Any, wanted: Any) -> ColumnElement[bool]:
    """The same of the rendering NPI."""
    npi = cast(LINE.c.facts["rendering_npi"].as_string(), String)
    return exists().where(LINE.c.key == claim_key(item), wanted(npi))
