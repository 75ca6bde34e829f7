"""compose.yaml, imitated: an API, two projectors and a scheduler as plain processes with secrets from files."""

import json
import re

import httpx
import pytest

pytestmark = pytest.mark.slow

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "urn:emr",
    "type": "patient.paid.v1",
    "subject": "C1",
    "time": "2026-10-02T12:00:00Z",
    "data": {"claim_id": "C1", "amount": "20.90"},
}


def test_the_roles_start_answer_probes_work_together_and_stop(topology):
    topology.start("api")  # the database is empty: the first to come makes its tables
    for role in ("projector", "scheduler"):
        topology.start(role)
    for role in topology.processes:
        assert topology.get(role, "/healthz").json()["status"] == "ok"
        figures = topology.get(role, "/metrics").text
        assert "process_resident_memory_bytes" in figures
        assert 'claimclock_up{part="database"} 1.0' in figures

    made = topology.command("key", "add", "test", "--role", "integration")
    key = re.search(r"\bcck_\S+|\b[A-Za-z0-9_-]{40,}\b", made.communicate()[0])[0]
    base = f"http://127.0.0.1:{topology.ports['api']}"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        answer = client.post(
            "/v1/events", content=json.dumps(EVENT), headers={"Content-Type": "application/cloudevents+json"}
        )
        assert answer.status_code == 202, answer.text
        topology.wait("api", "/readyz")
        feed = client.get("/v1/events", params={"after": "0"})
        assert feed.status_code == 200
    assert set(topology.stop().values()) == {0}
