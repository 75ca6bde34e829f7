"""The practice's zone belongs to its data."""

from services.core.settings import Settings
from services.store.engine import open_engine
from services.store.schema import migrate
from services.store.zone import in_recorded_zone, record_zone
from tests.histories.random_histories import history
from tests.services.projector.conftest import project


def fresh(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'z.db'}")
    migrate(engine)
    return engine


def test_a_reader_without_the_setting_reckons_in_the_zone_the_rows_were_folded_with(tmp_path):
    engine = fresh(tmp_path)
    record_zone(engine, Settings(data_dir=tmp_path, practice_zone="America/Chicago"))
    assert in_recorded_zone(engine, Settings(data_dir=tmp_path)).practice_zone == "America/Chicago"
    assert record_zone(engine, Settings(data_dir=tmp_path)).practice_zone == "America/Chicago"


def test_another_zone_queues_everything_to_be_folded_again(tmp_path):
    engine = fresh(tmp_path)
    record_zone(engine, Settings(data_dir=tmp_path, practice_zone="America/Chicago"))
    project(engine, [event for number in range(3) for event in history(number)])
    record_zone(engine, Settings(data_dir=tmp_path, practice_zone="America/New_York"))
    with engine.connect() as connection:
        queued = connection.exec_driver_sql("SELECT count(*) FROM marked_key").scalar()
        claims = connection.exec_driver_sql("SELECT count(*) FROM claim").scalar()
    assert queued >= claims > 0
