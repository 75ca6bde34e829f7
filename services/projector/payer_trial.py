"""What publishing a payer's terms would do: how many claims would get a date, and how many are lost already."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from events.terms import PolicyPublished
from projections.terms.terms_in_force import Reference
from services.projector.what_if import changed_reference, what_if

NO_DATE = "would give no further claim a filing date"


@dataclass(frozen=True, kw_only=True)
class PayerTrial:
    """`dated`: claims that have no filing date now and would; `lost`: those of them whose date has passed."""

    dated: int
    lost: int
    moved: int
    undated: int

    @property
    def words(self) -> str:
        claims = f"{self.dated} claim{'' if self.dated == 1 else 's'}"
        dated = f"would give {claims} a date, {self.lost} of them already lost" if self.dated else NO_DATE
        moved = f"; would move the date of {self.moved}" if self.moved else ""
        return dated + moved + (f"; would take the date from {self.undated}" if self.undated else "")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"text": self.words}


def try_policy(
    connection: Connection, practice: str, reference: Reference, policy: PolicyPublished, today: date
) -> PayerTrial:
    """Folds the payer's claims under the policy, in memory; nothing is stored."""
    diff = what_if(connection, practice, reference, changed_reference(reference, policies=[policy]))
    filing = [change for change in diff.changes if change.table == "deadline" and change.row["kind"] == "timely_filing"]
    gained = [change.after for change in filing if change.before is None and change.after is not None]
    return PayerTrial(
        dated=len(gained),
        lost=sum(date.fromisoformat(row["due"]) < today for row in gained),
        moved=sum(1 for change in filing if change.before is not None and change.after is not None),
        undated=sum(1 for change in filing if change.after is None),
    )
