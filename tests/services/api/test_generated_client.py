"""A client that openapi-python-client makes from the document posts, reads, pages and acts."""

import json
import subprocess
import sys
import textwrap

import pytest

from tests.services.api.conftest import event, serving

pytestmark = pytest.mark.slow
LIMIT = 240  # seconds to install the generator
SCRIPT = textwrap.dedent(
    """
    import datetime, sys
    from claimclock_client import AuthenticatedClient
    from claimclock_client.api.claims import get_claim, post_action, post_search
    from claimclock_client.api.events import get_events, post_event_batch, post_events
    from claimclock_client.api.lists import get_worklist
    from claimclock_client.models import (
        AddNote, PatientPaid, PatientPaidV1, WaitFor, Wanted, GetWorklistKind, EventResultResult
    )

    address, key = sys.argv[1:]
    client = AuthenticatedClient(base_url=address, token=key, raise_on_unexpected_status=True)

    def paid(number, amount):
        return PatientPaidV1(
            specversion="1.0", id=number, source="urn:client", type_="patient.paid.v1", subject="CLM-0",
            time=datetime.datetime(2026, 10, 3, 12, tzinfo=datetime.timezone.utc),
            data=PatientPaid(claim_id="CLM-0", amount=amount),
        )

    one = post_events.sync(client=client, body=paid("one", "5.00"), wait=WaitFor.PROJECTED)
    assert [r.result for r in one.results] == [EventResultResult.ACCEPTED], one
    many = post_event_batch.sync(
        client=client, body=[paid("one", "5.00"), paid("two", "6.00")], wait=WaitFor.PROJECTED
    )
    assert [r.result for r in many.results] == [EventResultResult.DUPLICATE, EventResultResult.ACCEPTED], many

    found = post_search.sync(client=client, body=Wanted(claim_id="CLM-0"))
    claim = get_claim.sync(found.refs[0], client=client)
    assert claim.lines[0].procedure == "97110" and claim.deadlines[0].kind and claim.timeline[0].summary, claim

    seen, cursor = [], None
    while True:
        page = get_worklist.sync_detailed(
            GetWorklistKind.FILING, client=client, limit=2, **({"cursor": cursor} if cursor else {})
        )
        seen += [item.claim_id for item in page.parsed]
        cursor = page.headers.get("Next-Cursor")
        if cursor is None:
            break
    assert sorted(seen) == [f"CLM-{n}" for n in range(5)], seen

    events = get_events.sync(client=client, after=0, limit=500)
    mine = [e for e in events if isinstance(e, PatientPaidV1)]
    assert [e.data.amount for e in mine] == ["5.00", "6.00"], mine

    done = post_action.sync(found.refs[0], client=client, body=AddNote(action="note", note="from the client"))
    assert done.result == "accepted", done
    print("all done")
    """
)


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A venv of its own with the generator and what its clients need."""
    folder = tmp_path_factory.mktemp("generator")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "openapi-python-client"]
    try:
        done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        pytest.skip("openapi-python-client could not be installed in time")
    if done.returncode:
        pytest.skip("openapi-python-client cannot be installed here")
    return folder / "bin"


def test_a_generated_client_posts_reads_pages_and_acts(fresh, generator, tmp_path):
    api = fresh()
    api.publish(*(event(f"CLM-{n}") for n in range(5)))
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(api.client().get("/openapi.json").json()))
    make = [generator / "openapi-python-client", "generate", "--path", document, "--output-path", tmp_path / "client"]
    made = subprocess.run(make, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert made.returncode == 0, made.stdout + made.stderr
    key = api.keyed("manager").headers["Authorization"].removeprefix("Bearer ")
    with serving(api.http) as address:
        run = [generator / "python", "-c", SCRIPT, address, key]
        done = subprocess.run(
            run,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
            env={"PYTHONPATH": str(tmp_path / "client")},
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all done" in done.stdout
