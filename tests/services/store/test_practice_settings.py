"""Settings with versions: nothing is overwritten, two who edit the same version do not lose each other's work."""

from datetime import UTC, datetime

import pytest

from services.core.errors import ConflictError, NotFoundError
from services.store.engine import open_engine
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.schema import migrate

NOW = datetime(2026, 11, 6, tzinfo=UTC)
KIND = SettingKind.ROUTING


@pytest.fixture
def kept(database_url):
    engine = open_engine(database_url)
    migrate(engine)
    yield PracticeSettings(engine, "one"), PracticeSettings(engine, "two")
    engine.dispose()


def test_every_version_stays_and_the_newest_counts(kept):
    mine, others = kept
    assert mine.get(KIND, "a") is None
    assert mine.save(KIND, "a", {"x": 1}, by="kim", now=NOW).version == 1
    assert mine.save(KIND, "a", {"x": 2}, by="lee", now=NOW, seen=1).version == 2
    assert mine.save(KIND, "a", {"x": 2}, by="lee", now=NOW).version == 2, "nothing differs: no new version"
    assert [(each.version, each.body["x"], each.saved_by) for each in mine.versions(KIND, "a")] == [
        (2, 2, "lee"),
        (1, 1, "kim"),
    ]
    assert {name: each.body for name, each in mine.current(KIND).items()} == {"a": {"x": 2}}
    assert others.current(KIND) == {}


def test_an_edit_of_an_old_version_is_refused(kept):
    mine, _ = kept
    mine.save(KIND, "a", {"x": 1}, by="kim", now=NOW, seen=0)
    with pytest.raises(ConflictError, match="newer version"):
        mine.save(KIND, "a", {"x": 3}, by="lee", now=NOW, seen=0)


def test_what_is_removed_can_come_back(kept):
    mine, _ = kept
    mine.save(KIND, "a", {"x": 1}, by="kim", now=NOW)
    mine.remove(KIND, "a", by="kim", now=NOW)
    assert (mine.get(KIND, "a"), mine.current(KIND)) == (None, {})
    with pytest.raises(NotFoundError):
        mine.remove(KIND, "a", by="kim", now=NOW)
    assert mine.save(KIND, "a", {"x": 1}, by="kim", now=NOW).version == 3
