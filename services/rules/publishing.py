"""A practice's own rule packs: read from a file, checked beside those in force, published as an event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from events.terms import RulesAdopted
from projections.reference import Reference
from projections.rulebook import Pack, RulePackError, read_pack
from services.errors import UsageError
from services.house import House
from services.projector.adoptions import check_beside
from services.rules.adopt import OWN, adoption
from services.rules.shipped import read_pack_file


class BadPackError(UsageError):
    """A rule pack that cannot be used; the message says what to mend."""


def read_candidate(path: Path, reference: Reference) -> tuple[Pack, dict[str, Any]]:
    """The pack in a file and its content, sound beside those in force. Raises BadPackError."""
    try:
        content = read_pack_file(path)
        pack = read_pack(content)
        adopted = RulesAdopted(pack_id=pack.pack_id, kind=pack.kind, version=pack.version, content=content,
                               checksum=pack.checksum)  # fmt: skip
        check_beside(adopted, reference.rules.packs.values())
    except RulePackError as error:
        raise BadPackError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadPackError(f"{path}: {getattr(error, 'strerror', None) or type(error).__name__}") from None
    standing = reference.rules.packs.get(pack.pack_id)
    if standing and standing.version == pack.version and standing.checksum != pack.checksum:
        raise BadPackError(f"{pack.name} is in force with other content: a changed pack needs a new version")
    return pack, content


def publish(house: House, content: dict[str, Any]) -> None:
    """Puts the pack into force and waits until everything it touches is folded again."""
    event = adoption(content, house.clock.now().isoformat(), house.settings.practice, OWN)
    published = house.publisher().publish([json.dumps(event).encode()])
    house.wait(published.entry_ids[-1])
