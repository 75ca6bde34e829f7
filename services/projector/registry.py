"""All kinds of key and how each is folded."""

from __future__ import annotations

from services.projector.claims import CLAIMS
from services.projector.coverage import COVERAGE
from services.projector.days import DAYS
from services.projector.deposits import DEPOSIT_MONTHS, DEPOSIT_TRACES, DEPOSITS
from services.projector.folds import KeyProjector
from services.projector.remittances import PATIENTS, REMITTANCES, VISITS
from services.projector.verdicts import VERDICTS
from services.projector.visits import EPISODES, THERAPIST_DAYS
from services.projector.years import YEARS

KEY_PROJECTORS: dict[str, KeyProjector] = {
    key_projector.kind: key_projector
    for key_projector in (
        CLAIMS,
        REMITTANCES,
        VISITS,
        PATIENTS,
        VERDICTS,
        DAYS,
        THERAPIST_DAYS,
        EPISODES,
        YEARS,
        COVERAGE,
        DEPOSITS,
        DEPOSIT_TRACES,
        DEPOSIT_MONTHS,
    )
}
