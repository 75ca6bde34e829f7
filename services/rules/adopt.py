"""Shipped rule packs enter the log the first time a version starts, so that folds see only logged rules."""

from __future__ import annotations

import json
from typing import Any

from projections.keys import SHARED_PRACTICE
from projections.rulebook import checksum, read_pack
from services.projector.projector import Projector
from services.rules.shipped import shipped_packs

SOURCE = "claimclock/rulepacks"


def adopt_shipped(projector: Projector) -> int:
    """Logs every shipped pack that is not in the log. Returns how many were new."""
    now = projector.clock.now().isoformat()
    entries = [
        (f"pack:{checksum(content)}", {b"event": json.dumps(adoption(content, now, SHARED_PRACTICE)).encode()})
        for content in shipped_packs()
    ]
    return projector.process(entries).logged


def adoption(content: dict[str, Any], time: str, practice: str) -> dict[str, Any]:
    """The event that brings a pack into force. Raises RulePackError if the pack is not sound."""
    pack = read_pack(content)
    return {
        "specversion": "1.0", "id": f"{pack.name}:{pack.checksum[:16]}", "source": SOURCE,
        "type": "rules.adopted.v1", "subject": pack.pack_id, "time": time, "practice": practice,
        "data": {"pack_id": pack.pack_id, "kind": pack.kind, "version": pack.version, "content": content,
                 "checksum": pack.checksum},
        # the clock of the first start is no part of what was adopted
        "contenthash": pack.checksum,
    }  # fmt: skip
