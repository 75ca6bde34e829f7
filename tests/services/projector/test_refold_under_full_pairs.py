"""A patient's year folded again under a full table of pairs, next to the same year under the sample."""

from statistics import median
from time import process_time

from projections.tables.columns import EPOCH
from services.devtools.bench.fold import patient_year
from services.projector.adopt_rule_packs import OWN, adoption
from services.projector.folds import FoldContext
from services.projector.refold import refold
from services.projector.replay import first_keys
from services.store.engine import writing
from tests.projections.session_rules.sessions import DOS
from tests.projections.session_rules.test_full_pair_table import full_pack
from tests.services.projector.conftest import NOW, dump, make_projector, new_engine, project  # noqa: F401

MOST = 1.3  # times the work under the sample


def test_a_patient_year_under_a_full_table_of_pairs(new_engine, report):  # noqa: F811
    """Processor seconds of this process alone, in turns, so that what else the machine does touches both alike."""
    sample, full = new_engine(), new_engine()
    project(full, [adoption(full_pack(), NOW.isoformat(), "default", OWN)], start=2)
    for engine in (sample, full):
        project(engine, patient_year())
    references = {id(engine): make_projector(engine).references for engine in (sample, full)}

    def seconds(engine):
        with writing(engine) as connection:
            keys = first_keys(connection, "default")
            reference = references[id(engine)].get(connection, "default")
            begun = process_time()
            refold(FoldContext(connection, connection), keys, reference, EPOCH)
            return process_time() - begun

    with full.connect() as connection:
        held = references[id(full)].get(connection, "default").rules.pick("ncci", DOS)
    assert len(held.values["rows"]) > 8000

    taken = {id(engine): [] for engine in (sample, full)}
    for turn in range(6):
        for engine in (sample, full) if turn % 2 else (full, sample):
            took = seconds(engine)
            if turn:  # the first makes the tables, once in a process
                taken[id(engine)].append(took)
    ratio = median(taken[id(full)]) / median(taken[id(sample)])
    report(f"a patient-year folded again under a full table of pairs: {ratio:.2f} times the work under the sample")
    assert ratio < MOST
    assert len(dump(full)["claim"]) == len(dump(sample)["claim"]) == 120
