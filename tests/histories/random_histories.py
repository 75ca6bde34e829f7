"""Random histories of a patient's claims as CloudEvents, for property tests and benchmarks.

Seeded and free of conflicts: within a history no two events share an identity. A history may begin in the middle
(a payment without its claim), repeat itself with new identities, contradict itself and end anywhere, as real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.histories import history_answers, history_desk
from tests.histories.history_teller import Case, Teller

Event = dict[str, Any]
Step = Callable[[Teller, Case], None]

# What may happen to a claim after it was sent, and how often it is drawn.
_STEPS: tuple[tuple[Step, int], ...] = (
    (history_answers.syntax, 4),
    (history_answers.acknowledged, 6),
    (history_answers.rejected, 3),
    (history_answers.sent_again, 3),
    (history_answers.paid, 7),
    (history_answers.denied, 3),
    (history_answers.unprocessable, 1),
    (history_answers.reversed_, 2),
    (history_answers.secondary, 1),
    (history_desk.appeal, 2),
    (history_desk.work, 4),
    (history_desk.money, 3),
    (history_desk.dispute, 1),
    (history_desk.records, 1),
    (history_desk.withdrawal, 1),
    (history_desk.amended_visit, 1),
    (history_desk.balance, 2),
)
_CHOICES = [step for step, weight in _STEPS for _ in range(weight)]


def histories(count: int, seed: int = 2026) -> Iterator[list[Event]]:
    """`count` histories, each the events of one patient's one to three claims in the order they were written."""
    for number in range(count):
        yield history(number, seed)


def history(number: int, seed: int = 2026) -> list[Event]:
    """One history by its number: the same for the same seed, whatever the others are."""
    random = Random(f"{seed}/{number}")
    teller = Teller(random, number)
    if random.random() < 0.4:
        history_desk.balance(teller, teller.case())
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        case = teller.case()
        if random.random() < 0.8:
            history_desk.visit(teller, case)
        if random.random() < 0.9:
            history_answers.sent(teller, case)
        for _ in range(random.randint(0, 9)):
            random.choice(_CHOICES)(teller, case)
    return teller.events
