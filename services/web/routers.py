"""Every page."""

from __future__ import annotations

from services.web import (
    aging,
    assets,
    audit,
    claim,
    operations,
    patterns,
    people,
    remittances,
    rules,
    signin,
    thresholds,
    today,
    underpayments,
    uploads,
)

ROUTERS = (
    assets.router, signin.router, today.router, claim.router, thresholds.router, aging.router, patterns.router,
    underpayments.router, remittances.router, uploads.router, operations.router, audit.router,
    people.router, rules.router,
)  # fmt: skip
