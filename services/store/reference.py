"""The terms in force, read from the log and kept until the log says otherwise."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from projections.cut import NO_CUT, Cut
from projections.keys import SHARED_PRACTICE, Key
from projections.tables.tables import table_of
from services.store.dialect import StoreDialect, dialect_of
from services.store.tables import EventKey, FoldKey

if TYPE_CHECKING:  # lists ask for no terms, which are slow to import
    from projections.history import LoggedEvent
    from projections.terms.terms_in_force import Reference

FOLD_KEY, KEYS = table_of(FoldKey), table_of(EventKey)
Stamp = tuple[int, int]


def terms_keys(practice: str) -> list[str]:
    return [str(Key("terms", name, "")) for name in sorted({practice, SHARED_PRACTICE})]


def ref_maker(secret: bytes) -> Callable[[str, str], str]:
    """Makes the opaque name of a claim: a keyed hash, so that an address or a log line reveals nothing."""

    @lru_cache(maxsize=4096)  # a fold names its claim in every row
    def ref(practice: str, claim_id: str) -> str:
        return hmac.new(secret, f"{practice}\0{claim_id}".encode(), hashlib.sha256).hexdigest()[:24]

    return ref


class References:
    """One `Reference` per practice, rebuilt when a term was logged since. Not shared between threads."""

    def __init__(self, zone: ZoneInfo, ref: Callable[[str, str], str]) -> None:
        self.zone = zone
        self.ref = ref
        self._known: dict[str, tuple[Stamp, Reference]] = {}

    def get(self, connection: Connection, practice: str) -> Reference:
        """The practice's terms as this transaction sees them."""
        stamp = terms_stamp(connection, practice)
        known = self._known.get(practice)
        if known is None or known[0] != stamp:
            known = (stamp, self._built(terms(connection, practice)))
            self._known[practice] = known
        return known[1]

    def stamp(self, practice: str) -> Stamp:
        """Which terms `get` gave last."""
        return self._known[practice][0]

    def at(self, connection: Connection, practice: str, cut: Cut) -> Reference:
        """The terms that a cut lets through."""
        return self._built(terms(connection, practice, cut))

    def _built(self, logged: Iterable[LoggedEvent]) -> Reference:
        from projections.terms.terms_in_force import build_reference  # noqa: PLC0415

        return build_reference(logged, self.zone, self.ref)


def terms(connection: Connection, practice: str, cut: Cut = NO_CUT) -> list[LoggedEvent]:
    from services.store.log import histories  # noqa: PLC0415

    found = histories(connection, terms_keys(practice), cut)
    return [event for key in sorted(found) for event in found[key]]


def terms_stamp(connection: Connection, practice: str) -> Stamp:
    """Differs whenever a term of the practice was logged since."""
    dialect = dialect_of(connection)
    row = connection.execute(_stamp(dialect), {"keys": dialect.as_list(terms_keys(practice))}).one()
    return (row[0], row[1])


@cache
def _stamp(dialect: StoreDialect) -> Select[Any]:
    newest = func.coalesce(func.max(KEYS.c.position), 0)
    return select(newest, func.count()).where(dialect.among_given(KEYS.c.key))


def lock_terms(connection: Connection, practice: str, *, changing: bool) -> None:
    """Readers of terms share them; who changes them waits until no fold that used the old ones is under way."""
    if dialect_of(connection).has_concurrent_writers:
        mine = select(FOLD_KEY.c.key).where(FOLD_KEY.c.key.in_(terms_keys(practice))).order_by(FOLD_KEY.c.key)
        connection.execute(mine.with_for_update(read=not changing))
