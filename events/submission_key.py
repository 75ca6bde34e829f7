"""How a message about a submission finds the claims that traveled in it."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from events.normal_forms import number_form
from events.values import Fact, Name, StatedInstant

_LENGTH = 32


class SubmissionRef(Fact):
    """Where in which interchange a claim traveled. Any part may be unknown.

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
    """Every name under which later messages may refer to this submission: its set, its whole group, its BHT03."""
    return _keys(ref.sender, ref.group, ref.set, ref.reference)


# The claims of a file share its numbers, and each of them asks again at every fold.
@lru_cache(maxsize=8192)
def _keys(sender: str | None, group: str | None, in_group: str | None, reference: str | None) -> tuple[str, ...]:
    names = []
    if group:
        begins = f"set:{number_form(sender)}|{number_form(group)}|"
        if in_group:
            names.append(begins + number_form(in_group))
        names.append(begins)
    if reference:
        names.append(f"ref:{number_form(reference)}")
    return tuple(names)


def submission_identity(ref: SubmissionRef) -> str:
    """What makes a submission itself: all its numbers, and the instant it was sent, for numbers come round again."""
    sent = "" if ref.sent_at is None else ref.sent_at.isoformat()  # equal instants in two zones are written differently
    return _identity((ref.sender, ref.receiver, ref.interchange, ref.group, ref.set, ref.reference), sent)


@lru_cache(maxsize=8192)
def _identity(parts: tuple[str | None, ...], sent: str) -> str:
    return hashlib.sha256("\x1f".join((*map(number_form, parts), sent)).encode()).hexdigest()[:_LENGTH]


def verdict_key(ref: SubmissionRef) -> str:
    """The one name a verdict refers to: the set if it names one, else the BHT03, else the whole group."""
    names = submission_keys(ref)
    if ref.group and not ref.set and ref.reference:
        return f"ref:{number_form(ref.reference)}"
    return names[0] if names else ""
