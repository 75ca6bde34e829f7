"""What the demo writes, checked against the implementation guides by a validator of somebody else."""

import logging

import pytest
from pyx12.params import params
from pyx12.x12n_document import x12n_document

from services.demo.month import write_month

EACH = 6  # it is slow: about half a second a file


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("month")
    write_month(folder)
    return folder


@pytest.mark.parametrize("transaction", ["837P", "999"])
def test_a_validator_has_no_objection(month, transaction, caplog):
    files = sorted(month.glob(f"*_{transaction}_*.edi"))[::EACH]
    assert len(files) >= 10
    with caplog.at_level(logging.ERROR):
        refused = [path.name for path in files if not x12n_document(params(), str(path), None, None, None)]
    assert not refused, caplog.text[-2_000:]


def test_it_does_object_where_something_is_wrong(month, tmp_path):
    broken = tmp_path / "broken.edi"
    broken.write_bytes(next(month.glob("*_837P_*.edi")).read_bytes().replace(b"CLM*", b"CLX*", 1))
    assert not x12n_document(params(), str(broken), None, None, None)
