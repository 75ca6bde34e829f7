"""Rule packs on input: one that cannot be used, or ties with another, is parked and never judges a claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from events.terms import RulesAdopted
from projections.rules.rulebook import Pack, Rulebook, RulePackError
from projections.terms.packcheck import check_adoption
from services.intake.results import ParkedOrigin
from services.projector.parking import parked_row
from services.store.log import Delivery
from services.store.reference import References
from services.store.tables import ParkedRow


def keep_sound(
    connection: Connection, references: References, deliveries: Sequence[Delivery], now: datetime
) -> tuple[list[Delivery], list[ParkedRow]]:
    """The deliveries without packs that cannot be used, and what is to be parked instead.

    Call it with the terms locked: whether packs tie depends on those in force.
    """
    kept: list[Delivery] = []
    refused: list[ParkedRow] = []
    taken: dict[str, dict[str, Pack]] = {}
    for delivery in deliveries:
        if not isinstance(delivery.event.data, RulesAdopted):
            kept.append(delivery)
            continue
        practice = delivery.event.envelope.practice
        if practice not in taken:
            taken[practice] = dict(references.get(connection, practice).rules.packs)
        try:
            pack = check_beside(delivery.event.data, taken[practice].values())
        except RulePackError as error:
            refused.append(_parked(delivery, str(error), now))
        else:
            taken[practice][pack.pack_id] = pack
            kept.append(delivery)
    return kept, refused


def check_beside(adopted: RulesAdopted, in_force: Iterable[Pack]) -> Pack:
    """The pack, if it can be used together with those in force. Raises RulePackError."""
    pack = check_adoption(adopted)
    Rulebook([*(other for other in in_force if other.pack_id != pack.pack_id), pack])
    return pack


def _parked(delivery: Delivery, reason: str, now: datetime) -> ParkedRow:
    envelope = delivery.event.envelope
    return parked_row(
        practice=envelope.practice,
        origin=ParkedOrigin.RULES,
        reason=reason,
        now=now,
        transaction=envelope.type,
        raw=envelope.model_dump_json(exclude_none=True).encode(),
        correlationid=envelope.correlationid,
        entry_id=delivery.entry_id,
    )
