"""Federal holidays as packs of one year each: an upgrade of the library moves no date that has passed."""

from datetime import date

import pytest

from projections.rules.days_off import read_days_off
from projections.rules.rulebook import read_pack
from services.projector import adopt_rule_packs
from services.projector.adopt_rule_packs import adopt_shipped
from services.store import federal_holidays
from services.store.federal_holidays import FIRST_YEAR, YEARS_AHEAD, holiday_pack, holiday_packs, pack_id_of
from tests.services.projector.conftest import NOW, make_projector, new_engine  # noqa: F401

TODAY = date(2026, 11, 6)


def held(*packs):
    return {pack["pack_id"]: pack for pack in packs}


def all_years():
    return held(*holiday_packs({}, TODAY))


def days(*packs):
    return read_days_off(read_pack(pack) for pack in packs).days


def closing(monkeypatch, *added, dropped=()):
    """The library after an upgrade: days added and dropped."""
    before = federal_holidays._library_days

    def library(year):
        rows = [row for row in before(year) if row["day"] not in dropped]
        rows += [{"day": day, "name": "closed by executive order"} for day in added if day.startswith(str(year))]
        return sorted(rows, key=lambda row: row["day"])

    monkeypatch.setattr(federal_holidays, "_library_days", library)


def test_one_pack_for_each_calendar_year():
    assert sorted(all_years()) == [pack_id_of(year) for year in range(FIRST_YEAR, TODAY.year + YEARS_AHEAD + 1)]
    assert days(holiday_pack(2026)) >= {date(2026, 2, 16), date(2026, 7, 3), date(2026, 11, 26)}
    assert {day.year for day in days(holiday_pack(2027))} == {2027}


def test_a_year_that_is_held_is_not_adopted_again():
    assert holiday_packs(all_years(), TODAY) == []
    assert [p["pack_id"] for p in holiday_packs(all_years(), date(2027, 1, 2))] == [pack_id_of(2030)]


def test_a_closing_to_come_is_a_new_version_of_its_year(monkeypatch):
    before = all_years()
    closing(monkeypatch, "2026-12-24")
    (newer,) = holiday_packs(before, TODAY)
    assert (newer["pack_id"], newer["version"]) == (pack_id_of(2026), "2")
    assert date(2026, 12, 24) in days(newer)
    assert holiday_packs(before | held(newer), TODAY) == []


@pytest.mark.parametrize(
    ("added", "dropped"), [(["2026-03-02"], []), ([], ["2026-02-16"]), (["2019-05-06"], []), ([], ["2024-07-04"])]
)
def test_an_upgrade_moves_no_day_that_has_passed(monkeypatch, added, dropped):
    before = all_years()
    closing(monkeypatch, *added, dropped=dropped)
    assert holiday_packs(before, TODAY) == []


def test_a_closing_adopted_late_does_not_count_for_its_day():
    pack = holiday_pack(2026)
    rows = [*pack["periods"][0]["values"]["rows"], {"day": "2026-03-02", "name": "closed", "since": "2026-03-03"}]
    late = pack | {"version": "2", "periods": [pack["periods"][0] | {"values": {"rows": rows}}]}
    assert date(2026, 3, 2) not in days(late)


def test_days_off_come_from_the_log_alone(new_engine, monkeypatch):  # noqa: F811
    """Another library, or none of its days: what was adopted stays what it was."""
    engine = new_engine()
    with engine.connect() as connection:
        before = make_projector(engine).references.get(connection, "default").terms.days_off
    monkeypatch.setattr(federal_holidays, "_library_days", lambda _year: [])
    with engine.connect() as connection:
        after = make_projector(engine).references.get(connection, "default").terms.days_off
    assert before == after
    assert date(2026, 2, 16) in after
    assert 2031 not in after.years
    assert adopt_rule_packs.FIRST_YEAR == FIRST_YEAR


def test_a_new_start_adopts_nothing_twice(new_engine):  # noqa: F811
    assert adopt_shipped(make_projector(new_engine(), NOW)) == 0
