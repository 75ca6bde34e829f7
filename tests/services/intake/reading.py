"""The reader as the ingest calls it, with the code table that ships."""

from datetime import date

from projections.rules.adjustment_codes import ReasonCodes
from services.intake import reader
from services.store.shipped_rule_packs import shipped_rulebook

CODES = ReasonCodes.of_rulebook(shipped_rulebook(), date(2026, 11, 1))


def read(stream, source, codes=CODES):
    return reader.read(stream, source, codes)
