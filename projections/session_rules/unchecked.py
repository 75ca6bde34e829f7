"""What was not checked, because no table for it is loaded: a sample is not the full list."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from projections.rules.rulebook import Ruling
from projections.session_rules.diagnoses import not_checked
from projections.session_rules.findings import Ruleset
from projections.session_rules.ncci import read_pairs


def unchecked(rules: Ruleset, codes: Collection[str], diagnoses: Sequence[str]) -> list[str]:
    """For people, one sentence for each thing: diagnoses, pairs that are not listed, unit maximums."""
    day = rules.on.isoformat()
    found = [
        f"diagnosis {code}: no table of ICD-10-CM codes covers {day}" for code in not_checked(tuple(diagnoses), rules)
    ]
    if len(codes) > 1 and not rules.table("ncci", read_pairs).is_whole(codes, rules.on):
        found.append(f"pairs beyond those listed: no full table of NCCI pairs was read for {day}")
    maximums = rules.pick("mue")
    if not isinstance(maximums, Ruling):
        found.append(f"unit maximums: {maximums.reason}")
    elif maximums.values.get("sample") and codes:
        known = {row["procedure"] for row in maximums.values.get("rows", ())}
        if missing := sorted(set(codes) - known):
            found.append(f"unit maximum of {', '.join(missing)}: not in the sample {maximums.name}")
    return found
