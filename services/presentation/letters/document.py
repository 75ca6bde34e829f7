"""A letter as data: what a page, a PDF and a DOCX all show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Paragraph:
    """A piece of text; its lines stay lines."""

    text: str

    def as_json(self) -> dict[str, Any]:
        return {"type": "paragraph", "text": self.text}


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table. `right`: numbers of the columns with figures, from 0. `total`: a last row that is set off, if any."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    total: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "type": "grid",
            "caption": self.caption,
            "heads": list(self.heads),
            "rows": [list(row) for row in self.rows],
            "right": list(self.right),
            "total": list(self.total),
        }


@dataclass(frozen=True)
class RawText:
    """Lines of a file exactly as they were sent or received."""

    caption: str
    lines: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"type": "raw", "caption": self.caption, "lines": list(self.lines)}


Block = Paragraph | Grid | RawText


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`about`: name and value of what the letter refers to, above its text.

    `left_out`: names of fields without a value, whose paragraphs are not in the letter. `missing`: what a letter cannot
    be sent without, in words, and where it is set.
    """

    kind: str
    title: str
    date: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    signer: tuple[str, ...]
    enclosures: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def body(self) -> tuple[Paragraph | Grid, ...]:
        return tuple(block for block in self.blocks if not isinstance(block, RawText))

    @property
    def annex(self) -> tuple[RawText, ...]:
        """Segments of files come behind the signature."""
        return tuple(block for block in self.blocks if isinstance(block, RawText))

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "date": self.date,
            "sender": list(self.sender),
            "recipient": list(self.recipient),
            "about": [list(pair) for pair in self.about],
            "blocks": [block.as_json() for block in self.blocks],
            "signer": list(self.signer),
            "enclosures": list(self.enclosures),
            "left_out": list(self.left_out),
            "missing": list(self.missing),
        }
