"""A letter's text with fields: `{{name}}` inside a sentence, or alone in its paragraph for a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.core.errors import UsageError
from services.presentation.formatting import lower_first
from services.presentation.letters.document import Block, Paragraph

_FIELD = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
LONGEST = 20_000  # characters of a text
FieldValue = str | tuple[Block, ...] | None


class LetterTextError(UsageError):
    """A letter's text cannot be used; the message says which part and what would do."""


@dataclass(frozen=True)
class LetterText:
    """The editable part of a letter: its title and its body, paragraphs separated by blank lines."""

    title: str
    body: str

    def as_json(self) -> dict[str, str]:
        return {"title": self.title, "body": self.body}


def checked(text: LetterText, known: Collection[str], blocks: Collection[str]) -> LetterText:
    """The text with normal line ends. Raises LetterTextError for an unknown field, or a table inside a sentence."""
    title, body = " ".join(text.title.split()), text.body.replace("\r\n", "\n").strip()
    if not title or not body:
        raise LetterTextError("a letter needs a title and a text")
    if len(title) > 200 or len(body) > LONGEST:
        raise LetterTextError(f"a title has at most 200 characters, a text at most {LONGEST:,}")
    _check_part(title, "the title", known, blocks)
    for number, part in enumerate(_paragraphs(body), 1):
        _check_part(part, f"paragraph {number}", known, () if _FIELD.fullmatch(part) else blocks)
    return LetterText(title, body)


def _check_part(part: str, where: str, known: Collection[str], tables: Collection[str]) -> None:
    """What was typed is not repeated in an error: it may hold a patient's name."""
    if _BRACES.search(_FIELD.sub("", part)):
        raise LetterTextError(f"{where}: a field is written {{{{name}}}} in small letters; check the braces")
    for name in _FIELD.findall(part):
        if name not in known:
            raise LetterTextError(f"{where} has an unknown field; this letter has {', '.join(sorted(known))}")
        if name in tables:
            raise LetterTextError(f"{where}: {name} is a table, it stands alone in its paragraph")


def filled(text: LetterText, values: Mapping[str, FieldValue]) -> tuple[str, tuple[Block, ...], tuple[str, ...]]:
    """Title, blocks and the names of fields without a value: a paragraph with one of these is left out whole."""
    blocks: list[Block] = []
    without = [name for name in _FIELD.findall(text.title) if not values.get(name)]
    for part in _paragraphs(text.body):
        names = _FIELD.findall(part)
        empty = [name for name in names if not values.get(name)]
        without += empty
        if empty:
            continue
        alone = _FIELD.fullmatch(part)
        found = values[alone[1]] if alone else None
        blocks += found if isinstance(found, tuple) else [Paragraph(_said(part, values))]
    return " ".join(_said(text.title, values).split()), tuple(blocks), tuple(dict.fromkeys(without))


def _said(part: str, values: Mapping[str, FieldValue]) -> str:
    return _FIELD.sub(lambda found: str(values.get(found[1]) or ""), part)


def _paragraphs(body: str) -> list[str]:
    return [part.strip() for part in _BLANK_LINES.split(body) if part.strip()]


def in_words(text: str, labels: Mapping[str, str]) -> str:
    """The text as a list shows it, fields by what they are called: (level of the appeal) of a denied claim."""
    return _FIELD.sub(lambda found: f"({lower_first(labels.get(found[1], found[1]))})", text)


def fields_named(text: str) -> list[str]:
    """The names of the fields in a text, in order."""
    return _FIELD.findall(text)
