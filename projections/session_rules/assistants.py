"""Which units of a service an assistant gave, so that they carry CQ or CO.

CMS Pub 100-04 ch. 5 §20.1 and the CY 2022 physician fee schedule final rule: whole quarter hours belong to the person
who gave them. The last unit carries the modifier when the assistant gave more than ten percent of it, unless the
therapist alone gave at least eight minutes of it. Two units left over, with 9 to 14 minutes from each (23 to 28 in
all), are one of each. Minutes together are the therapist's; `assistant_minutes` are those the assistant worked alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AssistantRule:
    """`therapist_minutes` 0: no exception for a therapist's last unit (before 2022)."""

    modifiers: Mapping[str, str]  # discipline -> CQ or CO; a discipline that is absent has none
    de_minimis_percent: int
    therapist_minutes: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How many units were the therapist's and how many the assistant's, and why."""

    therapist: int
    assistant: int
    explanation: str


def read_assistant_rule(values: Mapping[str, Any]) -> AssistantRule:
    """The assistant pack; nothing binds where no pack covers the date."""
    return AssistantRule(
        dict(values.get("modifiers", {})),
        int(values.get("de_minimis_percent", 10)),
        int(values.get("therapist_minutes", 0)),
    )


def share_units(
    units: int, minutes: int, assistant_minutes: int, rule: AssistantRule, unit_minutes: int = 15
) -> Shares:
    """Split a timed service's units between therapist and assistant."""
    assistant_minutes = min(assistant_minutes, minutes)
    if units == 0 or assistant_minutes == 0:
        return Shares(units, 0, "")
    own_whole, own = divmod(minutes - assistant_minutes, unit_minutes)
    their_whole, their = divmod(assistant_minutes, unit_minutes)
    left = units - own_whole - their_whole
    if left <= 0:
        theirs = min(their_whole, units)
        return Shares(units - theirs, theirs, _said(units - theirs, theirs, minutes, assistant_minutes, ""))
    kept, why = _left_over(left, own, their, rule, unit_minutes)
    theirs = their_whole + left - kept
    return Shares(units - theirs, theirs, _said(units - theirs, theirs, minutes, assistant_minutes, why))


def _left_over(left: int, own: int, their: int, rule: AssistantRule, unit_minutes: int) -> tuple[int, str]:
    """How many of the units that no one filled alone stay with the therapist."""
    if not _over_de_minimis(their, own, rule):
        return left, f"the assistant's {their} of the last {own + their} min are not over {rule.de_minimis_percent}%"
    if rule.therapist_minutes and own >= max(rule.therapist_minutes, unit_minutes // 2 + 1):
        return 1, f"the therapist alone gave {own} min of a last unit"
    return 0, f"the assistant gave {their} of the last {own + their} min, over {rule.de_minimis_percent}%"


def _over_de_minimis(their: int, own: int, rule: AssistantRule) -> bool:
    return their * 100 > rule.de_minimis_percent * (own + their)


def _said(ours: int, theirs: int, minutes: int, assistant_minutes: int, why: str) -> str:
    said = f"assistant {assistant_minutes} of {minutes} min: {theirs} of {ours + theirs} units are the assistant's"
    return f"{said}; {why}" if why else said


def untimed_is_assistants(minutes: int | None, assistant_minutes: int, rule: AssistantRule) -> bool:
    """Whether a service without units of time carries the modifier.

    Over ten percent of its minutes, if they are known; any part of it where the total was not written down.
    """
    if assistant_minutes == 0:
        return False
    if not minutes:
        return True
    return _over_de_minimis(assistant_minutes, minutes - assistant_minutes, rule)
