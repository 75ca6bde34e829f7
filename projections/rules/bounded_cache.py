"""Answers kept by their question."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
MOST = 50_000  # answers: far above what a practice's payers, days and codes ask, and a bound against nonsense input


class BoundedCache(dict[K, V]):
    """Only for answers that the question alone decides. When there are too many, all are let go."""

    def keep(self, question: K, answer: V) -> V:
        if len(self) >= MOST:
            self.clear()
        self[question] = answer
        return answer
