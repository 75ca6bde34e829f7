"""A practice's own rule pack, read from a file and checked together with those in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from events.terms import RulesAdopted
from projections.rules.rulebook import Pack, RulePackError, read_pack
from services.core.errors import UsageError
from services.projector.validate_rule_packs import check_beside
from services.store.shipped_rule_packs import read_pack_file


class BadPackError(UsageError):
    """A rule pack that cannot be used; the message says what to fix."""


def read_content(path: Path) -> dict[str, Any]:
    """The content of a pack in a file. Raises BadPackError."""
    try:
        return read_pack_file(path)
    except RulePackError as error:
        raise BadPackError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadPackError(f"{path}: {getattr(error, 'strerror', None) or type(error).__name__}") from None


def check_candidate(content: Mapping[str, Any], packs: Mapping[str, Pack]) -> Pack:
    """The pack of a content, consistent with other packs by their ids. Raises BadPackError."""
    try:
        pack = read_pack(content)
        adopted = RulesAdopted(
            pack_id=pack.pack_id, kind=pack.kind, version=pack.version, content=content, checksum=pack.checksum
        )
        check_beside(adopted, packs.values())
    except RulePackError as error:
        raise BadPackError(str(error)) from None
    standing = packs.get(pack.pack_id)
    if standing and standing.version == pack.version and standing.checksum != pack.checksum:
        raise BadPackError(f"{pack.name} is in force with other content: a changed pack needs a new version")
    return pack
