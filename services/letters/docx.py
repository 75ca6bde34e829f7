"""A letter as a Word document, to be edited further outside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Inches, Pt

from services.presentation.letters.document import Grid, Letter, Paragraph, RawText

DRAFT = "Draft, not complete: not to be sent"  # as the PDF says above each page
_BODY, _SMALL, _RAW = Pt(10.5), Pt(9), Pt(7.5)
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # a separator of a file may be one


def docx(letter: Letter) -> bytes:
    """The letter as DOCX."""
    made: Any = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    made.styles["Normal"].font.size = _BODY
    made.core_properties.title = _clean(letter.title)
    made.core_properties.author = ""
    if letter.missing:
        made.add_paragraph().add_run(DRAFT).bold = True
    _lines(made, letter.sender)
    _lines(made, (letter.date,))
    _lines(made, letter.recipient)
    made.add_heading(_clean(letter.title), level=1)
    if letter.about:
        _lines(made, (f"{name}: {value}" for name, value in letter.about))
    for block in letter.body:
        _block(made, block)
    if letter.signer:
        made.add_paragraph("Sincerely,")
        _lines(made, ("", "", *letter.signer))
    if letter.enclosures:
        _lines(made, (f"Enclosures: {'; '.join(letter.enclosures)}",))
    if letter.annex:
        made.add_page_break()
    for part in letter.annex:
        _block(made, part)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _block(made: Any, block: Paragraph | Grid | RawText) -> None:
    if isinstance(block, Paragraph):
        _lines(made, block.text.split("\n"))
        return
    made.add_paragraph().add_run(_clean(block.caption)).bold = True
    if isinstance(block, Grid):
        _grid(made, block)
        return
    run = made.add_paragraph().add_run(_clean("\n".join(block.lines)))
    run.font.name, run.font.size = "Courier New", _RAW


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _lines(made: Any, lines: Iterable[str]) -> None:
    made.add_paragraph(_clean("\n".join(lines)))


def _grid(made: Any, block: Grid) -> None:
    rows = [(block.heads, True), *((row, False) for row in block.rows)]
    rows += [(block.total, True)] if block.total else []
    table = made.add_table(rows=0, cols=len(block.heads))
    table.style = "Light Grid"
    for texts, bold in rows:
        for place, (cell, text) in enumerate(zip(table.add_row().cells, texts, strict=True)):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(_clean(text))
            run.bold, run.font.size = bold, _SMALL
            if place in block.right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    made.add_paragraph()
