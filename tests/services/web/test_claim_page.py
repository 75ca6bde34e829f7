"""The claim's page: who the patient is, for those who may read it."""

import re

import pytest

from services.presentation.formatting import day


@pytest.mark.parametrize("name", ["n.abara", "j.park", "a.reyes"])
def test_birth_date_and_member_id_are_on_the_claim_and_on_the_patient(site, name):
    client, ref = site.client(name), site.ref("BT100122")
    patient = client.get(f"/v1/claims/{ref}", headers={"Accept": "application/json"}).json()["patient"]
    assert patient["name"]
    assert patient["birth_date"]
    assert patient["member_id"]
    text = client.get(f"/claims/{ref}").text
    assert f"born {day(patient['birth_date'])}" in text
    assert patient["member_id"] in text
    assert patient["member_id"] in client.get(re.search(r'href="(/thresholds/[0-9a-f]{24})"', text)[1]).text
