"""Which place in its remittance a claim has, also where a file holds the same remittance more than once."""

from __future__ import annotations

from array import array


class SetOrdinals:
    """Ordinals for the claims of one set, eight bytes of memory for each."""

    def __init__(self, known: array[int]) -> None:
        self._known = known
        self._earlier: dict[int, list[int]] = {}
        for ordinal, mark in enumerate(known, 1):
            self._earlier.setdefault(mark, []).append(ordinal)

    def next(self, contenthash: str) -> int:
        """The ordinal of the next claim, by the hexadecimal hash of its content."""
        mark = int(contenthash[:16], 16)
        if waiting := self._earlier.get(mark):
            return waiting.pop(0)
        self._known.append(mark)
        return len(self._known)


class Ordinals:
    """Places of claims in their remittance, over one file.

    An ordinal is the 1-based place of a CLP in its set. Where several sets of a file bear one key, a claim already seen
    under it keeps its ordinal (the set was sent twice) and a new one goes on counting (the payer split it).
    """

    def __init__(self) -> None:
        self._seen: dict[str, array[int]] = {}  # key -> the claims' hashes in the order of their ordinals
        self._sets: dict[str, list[str]] = {}

    def of_set(self, key: str) -> SetOrdinals:
        """The counter for one set."""
        return SetOrdinals(self._seen.setdefault(key, array("Q")))

    def of_remittance(self, key: str, content: str) -> int:
        """Which of the different sets under this key one with this content is, from 1."""
        known = self._sets.setdefault(key, [])
        if content not in known:
            known.append(content)
        return known.index(content) + 1
