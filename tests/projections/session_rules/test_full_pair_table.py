"""A full table of pairs costs a day no more than a sample: what is looked up depends on the day, not on the table."""

from itertools import product
from statistics import median
from time import perf_counter

from projections.rules.rulebook import Rulebook, read_pack
from projections.session_rules.ncci import NcciLine, PairTable, pairs_among, read_pairs
from projections.session_rules.whole_day import day_findings
from services.store.shipped_rule_packs import shipped_packs
from tests.projections.session_rules.sessions import rulebook
from tests.projections.session_rules.test_whole_day import lines, rules

DAY = ["97530 x2 GP", "97110 x1 GP 59", "97140 x1 GP", "97112 x1 GP", "97116 x1 GP", "97035 x1 GP"]


def full_pack():
    """Some eight thousand pairs, as a full quarter leaves of the codes of therapy."""
    pack = next(p for p in shipped_packs() if p["pack_id"] == "ncci")
    values = pack["periods"][0]["values"]
    codes = [f"9{n:04d}" for n in range(6900, 6990)]
    rows = [
        {"column1": a, "column2": b, "modifier_indicator": "1", "effective": "2020-01-01", "deleted": ""}
        for a, b in product(codes, codes)
        if a != b
    ]
    values = values | {
        "rows": [*values["rows"], *rows],
        "volumes": [["90000", "99999"]],
        "codes": " ".join(codes),
        "read_from": "2026-01-01",
        "read_through": "2026-03-31",
    }
    return pack | {"version": "full", "periods": [{"effective_from": "1996-01-01", "values": values}]}


def full_rulebook():
    return Rulebook([*(p for p in rulebook().packs.values() if p.pack_id != "ncci"), read_pack(full_pack())])


class CountingDict(dict):
    """Counts how often it is asked."""

    asked = 0

    def get(self, *args):
        type(self).asked += 1
        return super().get(*args)


def looked_up(book):
    judged = rules(book)
    table = judged.table("ncci", read_pairs)
    counted = PairTable(
        pairs=CountingDict(table.pairs),
        separating=table.separating,
        suggested=table.suggested,
        either_column_from=table.either_column_from,
    )
    judged._tables["ncci", read_pairs] = counted
    CountingDict.asked = 0
    pairs_among([NcciLine(number=n, procedure=text.split()[0]) for n, text in enumerate(DAY)], "PT", judged)
    return CountingDict.asked


def test_what_a_day_looks_up_does_not_grow_with_the_table():
    full = full_rulebook()
    assert len(rules(full).table("ncci", read_pairs).pairs) > 8000
    assert looked_up(full) == looked_up(rulebook()) == len(DAY) * (len(DAY) - 1)


def test_the_table_is_made_once_for_all_days():
    full = full_rulebook()
    assert rules(full).table("ncci", read_pairs) is rules(full).table("ncci", read_pairs)


def test_a_day_under_a_full_table_as_a_ratio(report):
    """A figure for a person to see; wall clocks of a shared machine prove nothing."""
    day, books = lines(*DAY), {"sample": rulebook(), "full": full_rulebook()}
    seconds = {name: [] for name in books}
    for name in ["sample", "full"] * 40:
        judged = rules(books[name])
        day_findings(day, (), judged)
        begun = perf_counter()
        for _ in range(20):
            day_findings(day, (), judged)
        seconds[name].append(perf_counter() - begun)
    ratio = median(seconds["full"]) / median(seconds["sample"])
    report(f"a day under a full table of pairs: {ratio:.2f} times a day under the sample")
    told = {name: {f.rule for f in day_findings(day, (), rules(book))} for name, book in books.items()}
    assert told["sample"] == {"ncci.pair"}
    assert told["full"] == {"ncci.pair"}
