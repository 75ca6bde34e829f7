"""What a row of `claim` keeps of the payer's answers: what findings are held against, and what nobody foresaw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from projections.tables.records import JsonRecord
from projections.tables.vocabulary import TroubleKind


class AnswerTrouble(NamedTuple):
    """A rejection or denial, by category and family of the code table. `line` None: of the whole claim."""

    kind: TroubleKind
    line: int | None
    category: str
    family: str

    def is_foretold(self, predicts: Iterable[str], line: int | None) -> bool:
        """Whether a finding with these categories, about this line or the whole claim, predicted it."""
        return self.category in predicts and (line is None or self.line is None or line == self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(JsonRecord):
    """The first payer's answer to one submission. `accepted`: by the payer (277CA). `decided`: adjudicated."""

    attempt: int
    accepted: bool
    decided: bool
    troubles: tuple[AnswerTrouble, ...] = ()
