from collections import Counter

from events.envelope import Envelope
from events.registry import understand
from tests.histories.random_histories import histories, history


def test_every_event_is_understood():
    kinds = Counter()
    for events in histories(400):
        for event in events:
            kinds[understand(Envelope.model_validate(event)).type] += 1
    assert len(kinds) >= 24
    assert min(kinds.values()) > 5


def test_histories_have_no_conflicts_and_share_nothing():
    seen = set()
    for events in histories(400):
        names = {event["id"] for event in events}
        assert len(names) == len(events)
        assert not names & seen
        seen |= names


def test_a_history_is_the_same_whatever_the_others_are():
    assert list(histories(5)) == list(histories(9))[:5]
    assert history(7) == list(histories(8))[7]
    assert history(7, seed=1) != history(7, seed=2)
