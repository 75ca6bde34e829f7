"""Files that their sender marked as a test, kept aside by a setting."""

from tests.services.projector.test_returned_numbers import paid


def test_a_test_file_is_kept_aside_by_setting_and_posted_by_a_click(fresh):
    api = fresh(test_files="keep_aside")
    lead = api.signed_in("lead")
    body = paid("TEST-1").replace("*0*P*:", "*0*T*:").encode()
    taken = lead.post("/v1/edi", content=body, headers={"content-type": "application/edi-x12"})
    assert taken.status_code in (200, 202), taken.text
    api.settle()
    (kept,) = lead.get("/v1/parked").json()
    assert "test" in kept["reason"]
    assert lead.get(f"/v1/claims/{api.ref('TEST-1')}").status_code == 404
    assert lead.post(f"/v1/parked/{kept['id']}/retry").json()["message"] == "the test file was posted"
    api.settle()
    told = lead.get(f"/v1/claims/{api.ref('TEST-1')}").json()
    assert (told["paid"], "test_file" in told["flags"]) == ("50.00", True)
