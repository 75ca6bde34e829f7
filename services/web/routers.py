"""Every page."""

from __future__ import annotations

from services.web import assets, claim, signin, today

ROUTERS = (assets.router, signin.router, today.router, claim.router)
