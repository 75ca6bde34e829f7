"""The texts of letters: the practice's own newest version, else the one that comes with the program."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from services.core.errors import NotFoundError
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.letters.template import LetterText
from services.presentation.letters.texts import TEXTS
from services.store.practice_settings import PracticeSettings, Setting, SettingKind

SHIPPED = "Claimclock"


def kind_named(name: str) -> LetterKind:
    """Raises NotFoundError."""
    try:
        return LetterKind(name)
    except ValueError:
        raise NotFoundError(f"no such kind of letter; there are {', '.join(LetterKind)}") from None


def letter_text(engine: Engine, practice: str, kind: LetterKind) -> tuple[LetterText, int]:
    """The text in use and its version; 0 is the program's own."""
    kept = PracticeSettings(engine, practice).get(SettingKind.LETTER, kind)
    if kept is None:
        return TEXTS[kind], 0
    return LetterText(kept.body["title"], kept.body["body"]), kept.version


def text_versions(engine: Engine, practice: str, kind: LetterKind) -> list[Setting]:
    """Every version, the newest first, the program's own last."""
    shipped = Setting(name=kind, version=0, body=TEXTS[kind].as_json(), saved_by=SHIPPED, saved_at=None)
    return [*PracticeSettings(engine, practice).versions(SettingKind.LETTER, kind), shipped]


def letter_texts(engine: Engine, practice: str) -> list[dict[str, Any]]:
    """A row for each kind: its words, its text and version."""
    rows = []
    for kind in LetterKind:
        text, version = letter_text(engine, practice, kind)
        rows.append({"kind": kind.value, "name": WORDS[kind].name, "version": version, **text.as_json()})
    return rows
