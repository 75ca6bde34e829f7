"""What the codes of a 277CA, a 277 and a 999 mean: words, what they are about, and what to do, from the code table.

The rows of the pack are of four lists: claim status category codes (X12 external code source 507), claim status codes
(508), entity identifiers (data element 98), and the answers of a 999. A code without a row takes its meaning from the
list that the practice licensed; else it is shown with its number and put to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from events.claim import RejectionCode
from projections.rules.rulebook import Rulebook, Ruling

KIND = "claim_status"
CATEGORY, STATUS, ENTITY, FILE = "category", "status", "entity", "file"
LICENSED = {CATEGORY: "x12.claim_status_category", STATUS: "x12.claim_status"}
NOBODY = "the party named in the file"


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One code. `words` and `next_step` may hold `{}` for the entity; `category` is of the code table, or empty."""

    words: str
    category: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class StatusTable:
    """The code table in force on a date. `licensed`: meanings of the publisher's list, for codes without a row."""

    codes: Mapping[tuple[str, str], StatusCode] = field(default_factory=dict)
    licensed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, str]]) -> StatusTable:
        return cls(
            {
                (row["list"], row["code"]): StatusCode(row["words"], row.get("category", ""), row.get("next_step", ""))
                for row in rows
            }
        )

    @classmethod
    def from_rulebook(cls, rulebook: Rulebook, on: date) -> StatusTable:
        """Without a pack for the date every code is shown with its number."""
        ruling = rulebook.pick(KIND, on)
        known = rulebook.table(ruling, _read_statuses) if isinstance(ruling, Ruling) else cls()
        bought = {
            (name, row["code"]): row["meaning"]
            for name, pack_id in LICENSED.items()
            if (pack := rulebook.packs.get(pack_id)) is not None
            for row in pack.periods[-1].values.get("rows", ())
        }
        return cls(known.codes, bought)

    def status_words(self, category: str | None, status: str | None, entity: str | None = None) -> str:
        """Category, status and entity of a 277 in words, its codes behind them in parentheses."""
        about, kind = self._about(status, entity), self._words(CATEGORY, category)
        said = f"{kind}: {about}" if kind and about and not about.startswith(kind) else about or kind
        codes = " ".join(part for part in (category, status, entity) if part)
        return f"{said} ({codes})" if said else f"code {codes} (not in the code list)" if codes else ""

    def category_words(self, category: str | None) -> str:
        """A category alone, without its code; empty where it is not known."""
        return self._words(CATEGORY, category)

    def file_words(self, code: str | None) -> str:
        """The answer of a 999 to a transaction set, in words with its code."""
        told = self._words(FILE, code)
        return f"{told} ({code})" if told else f"code {code} (not in the code list)" if code else ""

    def code_words(self, code: RejectionCode) -> str:
        """A rejection's code, of whichever list; CARC and RARC have their words in a code table of their own."""
        match code.code_list.lower():
            case "277":
                return self.status_words(code.category, code.status, code.entity)
            case "999":
                return self.file_words(code.category or code.status)
        return " ".join(
            part for part in (code.code_list.upper(), "-".join(filter(None, (code.category, code.status)))) if part
        )

    def stored_words(self, code: str) -> str:
        """Of a code as rows keep it: A7/562/82 of a 277, R of a 999, CO/16 of a remittance."""
        category, _, rest = code.partition("/")
        status, _, entity = rest.partition("/")
        if (CATEGORY, category) in self.codes:
            return self.status_words(category, status, entity)
        return code.replace("/", "-") if rest else self.file_words(code)

    def in_words(self, codes: Iterable[RejectionCode]) -> str:
        return "; ".join(dict.fromkeys(filter(None, map(self.code_words, codes))))

    def about(self, code: RejectionCode) -> str:
        """What a rejection's code is about, in the categories of the adjustment codes; empty where it does not say."""
        found = self._status(code.status) if code.code_list.lower() == "277" else None
        return found.category if found else ""

    def next_step(self, codes: Sequence[RejectionCode]) -> str:
        """What to do about a rejection, by the first code that says it; empty where none does."""
        mine = [code for code in codes if code.code_list.lower() == "277"]
        for code in mine:
            found = self._status(code.status)
            if found and found.next_step:
                return _filled(found.next_step, self._words(ENTITY, code.entity))
        steps = (self.codes.get((CATEGORY, code.category or "")) for code in mine)
        return next((found.next_step for found in steps if found and found.next_step), "")

    def _about(self, status: str | None, entity: str | None) -> str:
        who, found = self._words(ENTITY, entity), self._status(status)
        if found is not None and "{}" in found.words:
            return _filled(found.words, who)
        told = found.words if found else self._words(STATUS, status)
        if told:
            return f"{told} ({who})" if who else told
        return f"status {status}" + (f" of the {who}" if who else "") if status else ""

    def _status(self, status: str | None) -> StatusCode | None:
        return self.codes.get((STATUS, (status or "").lstrip("0") or status or ""))

    def _words(self, name: str, code: str | None) -> str:
        found = self.codes.get((name, code or ""))
        return found.words if found else self.licensed.get((name, code or ""), "")


def _read_statuses(values: Mapping[str, Any]) -> StatusTable:
    return StatusTable.of_rows(values.get("rows", ()))


def _filled(text: str, who: str) -> str:
    return text.format(f"the {who}" if who else NOBODY)
