"""Rules learned from remittances, brought into force or taken out of it by a person."""

from __future__ import annotations

from services.app_context import AppContext
from services.commands.publish_rules import publish
from services.reads.learning import learned_pack, pack_without
from services.reads.read_context import ReadContext


def adopt_learned(app: AppContext, context: ReadContext, rule: str) -> str:
    """Publishes an offered rule as one of the practice's own; returns the pack. Raises NotFoundError if not offered."""
    content = learned_pack(context, rule)
    publish(app, content)
    return f"{content['pack_id']}@{content['version']}"


def drop_learned(app: AppContext, context: ReadContext, rule: str) -> str:
    """Takes a learned rule out of force; returns the pack. Raises NotFoundError if it is not in force."""
    content = pack_without(context, rule)
    publish(app, content)
    return f"{content['pack_id']}@{content['version']}"
