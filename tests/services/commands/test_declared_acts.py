"""What people's acts say is declared by their event types, so that a fold and another publisher can rely on it."""

import pytest

from events.registry import TYPES
from services.commands.action_models import ActionRequest
from services.commands.patient_items import UndoItemAct  # its kinds of acts are among those looked at

NOT_SENT = {"id", "version", "action", "confirm"}  # between the desk and its server
FINDS = {UndoItemAct: {"worklist", "item"}}  # say whose act is taken back; the act itself names them
FILLED_IN = {"by", "claim_id"}
SENT_AS = {"event_id": "id"}


def kinds_of(model):
    return {model, *(one for kind in model.__subclasses__() for one in kinds_of(kind))}


@pytest.mark.parametrize(
    "act",
    sorted((kind for kind in kinds_of(ActionRequest) if "event_type" in vars(kind)), key=lambda kind: kind.__name__),
)
def test_every_field_of_an_act_is_declared(act):
    declared = {
        name for field, told in TYPES[act.event_type].model_fields.items() for name in (field, told.alias or field)
    }
    sent = {SENT_AS.get(name, name) for name in act.model_fields.keys() - NOT_SENT - FINDS.get(act, set())}
    assert sent | FILLED_IN <= declared
