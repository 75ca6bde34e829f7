"""Every page."""

from __future__ import annotations

from services.web import (
    aging,
    assets,
    audit,
    claim,
    deposits,
    drafts,
    exports,
    glossary,
    operations,
    patterns,
    payers,
    people,
    remittances,
    rules,
    searching,
    signin,
    thresholds,
    today,
    underpayments,
    uploads,
)

ROUTERS = (
    aging.router,
    assets.router,
    audit.router,
    claim.router,
    deposits.router,
    drafts.router,
    exports.router,
    glossary.router,
    operations.router,
    patterns.router,
    payers.router,
    people.router,
    remittances.router,
    rules.router,
    searching.router,
    signin.router,
    thresholds.router,
    today.router,
    underpayments.router,
    uploads.router,
)
