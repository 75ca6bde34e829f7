"""How a message about a submission finds the claims that travelled in it."""

from __future__ import annotations

from events.values import Fact, Name, StatedInstant


class SubmissionRef(Fact):
    """Where in which interchange a claim travelled. Any part may be unknown.

    interchange is ISA13, group GS06, set ST02, reference BHT03, sent_at BHT04/05.
    """

    sender: Name | None = None
    receiver: Name | None = None
    interchange: Name | None = None
    group: Name | None = None
    set: Name | None = None
    reference: Name | None = None
    sent_at: StatedInstant = None


def submission_keys(ref: SubmissionRef) -> tuple[str, ...]:
    """Every name under which later messages may speak of this submission: its set, its whole group, its BHT03."""
    names = []
    if ref.group:
        sender = (ref.sender or "").strip()
        group = ref.group.lstrip("0") or ref.group  # GS06 is a number: who echoes it may drop or add zeros
        if ref.set:
            names.append(f"set:{sender}|{group}|{ref.set}")
        names.append(f"set:{sender}|{group}|")
    if ref.reference:
        names.append(f"ref:{ref.reference}")
    return tuple(names)


def verdict_key(ref: SubmissionRef) -> str:
    """The one name a verdict speaks of: the set if it names one, else the BHT03, else the whole group."""
    names = submission_keys(ref)
    if ref.group and not ref.set and ref.reference:
        return f"ref:{ref.reference}"
    return names[0] if names else ""
