"""Facility and non-facility practice expense by place of service, 2025 and its localities, codes new in 2026.

Expected amounts by hand: (work + practice expense + malpractice) x factor, figures of CMS's national RVU files. A step
names the facility rule (42 CFR 414.22(b)(5), CMS Pub 100-04 ch. 12 sec. 20.4.2).
"""
# packs: cms.facility_places cms.pfs.2025 cms.pfs.2026 cms.gpci.2025 cms.gpci.2026

from datetime import date

import pytest

from services.store.shipped_rule_packs import shipped_rulebook
from tests.projections.pricing.days import allowed, contract, line, pricer

DOS, LAST_YEAR = date(2026, 3, 2), date(2025, 11, 3)


def priced(procedure, place, dos=DOS, payer="MEDICARE", *contracts, **settings):
    (found,) = pricer(*contracts, **settings)([line(procedure, 1, "none", place_of_service=place)], dos, payer)
    return found


@pytest.mark.parametrize(
    ("procedure", "place", "dos", "amount"),
    [
        ("97597", "11", DOS, "101.54"),  # (.75 + 2.24 + .05) x 33.4009
        ("97597", "22", DOS, "31.06"),  # (.75 + .13 + .05): hospital outpatient
        ("97597", None, DOS, "101.54"),  # no place stated: an office
        ("97110", "22", DOS, "29.06"),  # facility amount not applicable (NA): the one amount
        ("97129", "11", DOS, "22.38"),
        ("97129", "22", DOS, "19.71"),
        ("97129", "02", DOS, "19.71"),  # telehealth elsewhere than at home
        ("97129", "2", DOS, "19.71"),
        ("97129", "10", DOS, "22.38"),  # telehealth in the home
        ("97550", "19", DOS, "39.75"),
        ("92612", "21", DOS, "54.11"),
        ("95992", "31", DOS, "29.73"),  # skilled nursing, Part A stay
        ("95992", "32", DOS, "40.75"),  # nursing facility
        ("95992", "12", DOS, "40.75"),  # home
        ("90912", "11", DOS, "82.17"),
        ("90912", "22", DOS, "37.41"),
        ("98985", "11", DOS, "51.44"),
        ("98980", "11", DOS, "54.11"),
        ("98980", "22", DOS, "25.72"),
        ("96112", "22", DOS, "106.88"),
        ("97110", "11", LAST_YEAR, "28.79"),  # .89 x 32.3465
        ("97597", "22", LAST_YEAR, "33.96"),
        ("98980", "11", LAST_YEAR, "50.14"),
    ],
)
def test_the_place_chooses_the_practice_expense(procedure, place, dos, amount):
    assert str(priced(procedure, place, dos).expected_allowed) == amount


def test_a_facility_price_says_so_and_names_its_rule():
    steps = [str(step) for step in priced("97597", "22").steps]
    assert any("facility practice expense" in step for step in steps)
    assert "cms.facility_places@1" in priced("97597", "22").steps[0].source
    assert not any("facility" in str(step) for step in priced("97597", "11").steps)


@pytest.mark.parametrize(
    ("locality", "dos", "amount"),
    [
        ("13202-01", LAST_YEAR, "39.08"),  # Manhattan: (.44 x 1.065 + .62 x 1.166 + .01 x 1.656) x 32.3465
        ("02102-01", LAST_YEAR, "43.22"),  # Alaska, work floor of 1.5
        ("09102-04", LAST_YEAR, "35.64"),  # Miami
        ("WI", LAST_YEAR, "33.53"),
        ("10112-00", DOS, "32.42"),  # Alabama: (.44 + .60 x .875 + .01 x .566) x 33.4009
        ("01112-51", DOS, "42.21"),  # Napa
        ("13202-01", DOS, "39.45"),  # Manhattan: (.44 x 1.064 + .60 x 1.162 + .01 x 1.586) x 33.4009
        ("12202-01", DOS, "39.47"),  # DC: (.44 x 1.054 + .60 x 1.178 + .01 x 1.113) x 33.4009
    ],
)
def test_localities(locality, dos, amount):
    assert str(priced("97530", "11", dos, locality=locality).expected_allowed) == amount


def test_every_locality_of_both_years_is_there():
    """109 of them; one that is none has no price and is named."""
    years = [{row["locality"] for row in shipped_rulebook().pick("gpci", on).values["rows"]} for on in (LAST_YEAR, DOS)]
    assert years[0] == years[1]
    assert len(years[0]) == 109
    found = priced("97530", "11", DOS, locality="13202-98")
    assert found.expected_allowed is None
    assert found.reason.startswith("13202-98 is not a known locality in cms.gpci.2026@3; write the contractor and")


def test_a_percentage_of_medicare_follows_the_place():
    half = contract(method="percent_of_medicare", percent=200, basis={"year": 2026, "mppr": False})
    assert allowed([priced("97597", "22", DOS, "ACME", half), priced("97597", "11", DOS, "ACME", half)]) == [
        "62.12",
        "203.08",
    ]


def test_one_code_in_two_places_of_a_day_has_two_prices():
    lines = [line("97597", 1, "none", place_of_service=place) for place in ("22", "11")]
    assert allowed(pricer()(lines, DOS, "MEDICARE")) == ["31.06", "101.54"]
