"""Contracts from TOML, JSON, CSV and XLSX."""

import json
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from events.contract import ContractPublished
from projections.pricing.lines import PriceLine
from projections.pricing.pricer import Pricer
from services.contracts.cells import ContractFileError
from services.contracts.files import read_contract_file
from services.store.shipped_rule_packs import shipped_rulebook
from tests.projections.pricing.days import DOS, allowed, claim_a

TOML = """
contract_id = "acme-ppo"
version = 2
effective_from = 2026-01-01
method = "per_unit"
cap = {amount = 100.00, per = "day"}
[scope]
payer_id = "ACME"
[[rates]]
procedure = "97530"
amount = 40.00
[[rates]]
procedure = "97110"
amount = "32.00"
[[rates]]
procedure = "97140"
amount = 30
"""
CSV = """# what we agreed upon
contract_id,acme-ppo
version,2
payer_id,ACME
effective_from,1/1/2026
method,per_unit
cap,"{""amount"": 100.00, ""per"": ""day""}"
modifier_multipliers,CQ=85; CO=85

CPT code,Mod,Contract rate
97530,,$40.00
97530,CQ,"34.00"
97110,,32
97140,,30.00
"""


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, "utf-8")
    return path


def prices(data):
    fact = ContractPublished.model_validate(data)
    return allowed(Pricer(shipped_rulebook(), [fact])(claim_a(), DOS, "ACME"))


def test_toml(tmp_path):
    (data,) = read_contract_file(write(tmp_path, "acme.toml", TOML))
    assert prices(data) == ["56.34", "22.53", "21.13"]


def test_several_contracts_in_one_toml(tmp_path):
    two = "\n".join(
        f'[[contracts]]\ncontract_id = "c{n}"\nversion = 1\neffective_from = 2026-01-01\nmethod = "per_unit"\n'
        f'scope = {{payer_id = "P{n}"}}\nrates = {{97530 = "40.00"}}\n'
        for n in (1, 2)
    )
    assert [d["contract_id"] for d in read_contract_file(write(tmp_path, "two.toml", two))] == ["c1", "c2"]


def test_json_contract_or_cloud_event(tmp_path):
    (data,) = read_contract_file(write(tmp_path, "acme.toml", TOML))
    for content in (data, [data], {"type": "contract.published.v1", "data": data}):
        assert read_contract_file(write(tmp_path, "acme.json", json.dumps(content))) == [data]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(tmp_path, separator):
    text = (
        CSV
        if separator == ","
        else CSV.replace('cap,"{""amount"": 100.00, ""per"": ""day""}"', "cap,100.00")
        .replace("; CO=85", "")
        .replace(",", separator)
    )
    (data,) = read_contract_file(write(tmp_path, "acme.csv", text))
    assert (data["contract_id"], data["version"], data["effective_from"]) == ("acme-ppo", 2, "2026-01-01")
    assert data["scope"] == {"payer_id": "ACME"}
    assert data["rates"][1] == {"procedure": "97530", "amount": "34.00", "modifiers": ["CQ"]}
    assert prices(data) == ["56.34", "22.53", "21.13"]


def test_csv_with_terms_in_columns_makes_a_contract_for_each(tmp_path):
    text = (
        "contract_id,payer_id,plan,effective_from,through,code,rate\n"
        "gold,ACME,GOLD,2026-01-01,2026-12-31,97530,40.00\n"
        "gold,ACME,GOLD,2026-01-01,2026-12-31,97110,32.00\n"
        "silver,ACME,SILVER,2026-01-01,2026-12-31,97530,35.00\n"
    )
    gold, silver = read_contract_file(write(tmp_path, "plans.csv", text))
    assert (gold["scope"], len(gold["rates"]), gold["effective_to"]) == (
        {"payer_id": "ACME", "plan": "GOLD"},
        2,
        "2027-01-01",
    )
    assert silver["rates"] == [{"procedure": "97530", "amount": "35.00"}]


def test_terms_may_come_from_elsewhere(tmp_path):
    path = write(tmp_path, "rates.csv", "procedure,amount\n97530,40.00\n")
    terms = {"contract_id": "acme", "payer_id": "ACME", "effective_from": "2026-01-01"}
    assert read_contract_file(path, terms)[0]["scope"] == {"payer_id": "ACME"}
    with pytest.raises(ContractFileError, match="contract_id, payer_id, effective_from missing"):
        read_contract_file(path)


def test_a_contract_without_a_table_has_terms_only(tmp_path):
    text = "contract_id,acme\npayer_id,ACME\neffective_from,2026-01-01\nmethod,percent of charge\npercent,60\n"
    (data,) = read_contract_file(write(tmp_path, "acme.csv", text))
    assert prices(data) == ["90.00", "36.00", "34.80"]


def workbook(tmp_path, *sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "acme.xlsx"
    book.save(path)
    return path


TERMS = [
    ["Contract", "acme-ppo"],
    ["version", 2],
    ["Payer", "ACME"],
    ["Effective date", date(2026, 1, 1)],
    ["cap", 100.0],
]
RATES = [
    ["Procedure", "Modifiers", "Amount"],
    [97530, None, 40.0],
    [97110, None, 32],
    ["97140", None, 30.000000000000004],
]


def test_xlsx_in_one_sheet_or_two(tmp_path):
    one = read_contract_file(workbook(tmp_path, ("Schedule", [*TERMS, [], *RATES])))
    two = read_contract_file(workbook(tmp_path, ("Rates", RATES), ("Contract", TERMS)))
    assert one == two
    assert prices(one[0]) == ["56.34", "22.53", "21.13"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "known endings"),
        ("a.toml", "x = ", "not TOML"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[1]", "list of contracts"),
        ("a.csv", "", "no table"),
        ("a.csv", "contract_id,acme\n", "payer_id"),
        ("a.csv", "moon,full\n", "row 1: 'moon' is no term"),
        ("a.csv", "effective_from,soon\n", "row 1, effective_from: soon is not a date"),
        ("a.csv", "cap,{x\n", "not JSON"),
        ("a.csv", "procedure,amount\n97530,forty\n", "row 2, column amount: forty is not an amount"),
        ("a.csv", "procedure,amount\n97530,1.234\n", "two decimals"),
        ("a.csv", "procedure,amount\n,1\n", "row 2: the code is missing"),
        ("a.csv", "procedure,amount\n", "holds no rates"),
        ("a.xlsx", "no zip", "it is not a workbook"),
        ("a.xlsx", "", "it is not a workbook"),
        ("a.xlsx", "PK\x03\x04 cut", "the workbook is damaged"),
        ("gone.csv", None, "gone.csv"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(tmp_path, name, content, message):
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    with pytest.raises(ContractFileError) as error:
        read_contract_file(path, {"contract_id": "x"} if "moon" in (content or "") else None)
    assert message in str(error.value)
    assert str(error.value).startswith(name)


def test_a_workbook_under_a_password_says_so(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    with pytest.raises(ContractFileError, match=r"a\.xlsx: .* protected by a password"):
        read_contract_file(path)


def test_latin_text_is_said_to_be_no_utf8(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"contract_id,caf\xe9\n")
    with pytest.raises(ContractFileError, match="not UTF-8"):
        read_contract_file(path)


def test_units_and_charges_of_what_was_read(tmp_path):
    (data,) = read_contract_file(write(tmp_path, "acme.csv", CSV))
    line = PriceLine(key="k", procedure="97530", units=Decimal(2), charge=Decimal("150.00"), modifiers=("GP", "CQ"))
    # The rate for CQ applies instead of the multiplier.
    assert allowed(Pricer(shipped_rulebook(), [ContractPublished.model_validate(data)])([line], DOS, "ACME")) == [
        "68.00"
    ]
