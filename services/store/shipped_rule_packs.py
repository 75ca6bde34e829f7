"""Reads rule packs from files: TOML, with large tables in a CSV next to it."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

from projections.rules.rulebook import Rulebook, RulePackError, read_pack
from services.store.federal_holidays import FIRST_YEAR, holiday_pack

SHIPPED = Path(__file__).parents[2] / "projections" / "rulepacks"


def read_pack_file(path: Path) -> dict[str, Any]:
    """A pack's content as plain JSON values. A period's `table` names a CSV file next to it, read into values.rows."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RulePackError(f"{path.name}: not TOML: {error}") from error
    for period in content.get("periods", []):
        if table := period.pop("table", None):
            period.setdefault("values", {})["rows"] = _rows(path.with_name(table))
    return _plain(content)  # type: ignore[no-any-return]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool | type(None)) else str(value)


def shipped_packs() -> list[dict[str, Any]]:
    """The content of every pack that comes with this version, sorted by file name."""
    return [read_pack_file(path) for path in sorted(SHIPPED.glob("*.toml"))]


def shipped_rulebook() -> Rulebook:
    """The rulebook of this version, for tests and for work that needs no log."""
    holidays = [holiday_pack(year) for year in range(FIRST_YEAR, FIRST_YEAR + 25)]
    return Rulebook(read_pack(content) for content in (*shipped_packs(), *holidays))
