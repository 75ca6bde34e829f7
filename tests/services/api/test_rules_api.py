"""Published rules over HTTP."""

from tests.services.api.conftest import event
from tests.services.rule_files import layouts

BINARY = {"content-type": "application/octet-stream"}


def bring(client, body, **query):
    asked = {"name": "figures.toml"} | query
    return client.post("/v1/rules/import", params=asked, content=body, headers=BINARY)


def test_a_dry_run_shows_and_an_import_publishes(api):
    manager = api.signed_in("manager")
    api.publish(
        event(
            "RULES-1",
            lines=[
                {
                    "number": 1,
                    "procedure": "97110",
                    "modifiers": ["GP"],
                    "units": "2",
                    "charge": "150.00",
                    "dos": "2027-01-05",
                }
            ],
        )
    )
    missing = {(told["kind"], told["covers"]) for told in manager.get("/v1/rules/status").json()}
    assert {("kx", "2027"), ("pfs", "2027")} <= missing
    shown = bring(manager, layouts.FIGURES_TEXT.encode(), dry_run=True).json()
    assert (shown["published"], {pack["pack"] for pack in shown["packs"]} >= {"kx@2027"}) == (False, True)
    done = bring(manager, layouts.FIGURES_TEXT.encode(), quick=True).json()
    assert (done["published"], done["claims"]) == (True, None)
    assert {"kx@2027"} <= {f"{p['pack_id']}@{p['version']}" for p in manager.get("/v1/rules?kind=kx").json()}
    assert ("kx", "2027") not in {(t["kind"], t["covers"]) for t in manager.get("/v1/rules/status").json()}
    again = bring(manager, layouts.FIGURES_TEXT.encode()).json()
    assert (again["published"], again["packs"]) == (False, [])


def test_who_may_not_and_what_cannot_be_taken(api):
    assert bring(api.signed_in("biller"), b"x").status_code == 403
    manager = api.signed_in("manager")
    refused = bring(manager, b"a,b\n1,2\n", name="notes.csv")
    assert (refused.status_code, "notes.csv: not one of the files known" in refused.json()["detail"]) == (422, True)
    assert (
        manager.post("/v1/rules/import?name=x", content=b"x", headers={"content-type": "text/html"}).status_code == 415
    )
    assert manager.get("/v1/rules/status?nope=1").status_code == 422


def denied_again_and_again(api, diagnosis, outcomes):
    """One claim for each letter: d denied with CO-11, p paid."""
    for number, outcome in enumerate(outcomes, 1):
        claim, dos = f"LEARN-{diagnosis}-{number}", f"2026-09-{number:02d}"
        line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": "2", "charge": "150.00", "dos": dos}
        denied = outcome == "d"
        adjustment = {"group": "CO", "reason": "11" if denied else "45", "amount": "150.00" if denied else "50.00"}
        paid = {"paid": "0.00" if denied else "100.00"}
        answer = {
            "payer_id": "BCBS",
            "status_code": "1",
            "charge": "150.00",
            "remit": {"trace_number": claim, "payment_date": "2026-10-01", "total_paid": paid["paid"]},
            "ordinal": 1,
            "lines": [line | paid | {"adjustments": [adjustment]}],
        }
        kind = "claim.denied.v1" if denied else "payment.posted.v1"
        api.publish(
            event(claim, payer_id="BCBS", diagnoses=[diagnosis], lines=[line]),
            event(claim, type_=kind, **answer, **paid),
        )


def test_a_rule_is_learned_adopted_scored_and_dropped(api):
    manager = api.signed_in("manager")
    denied_again_and_again(api, "M5450", "ddddddp")
    denied_again_and_again(api, "M25561", "pppppp")
    (offer,) = manager.get("/v1/rules/learned").json()["offers"]
    assert offer["text"] == "BCBS: CO-11 on 97530 with M5450, 6 of 7"
    body = {"rule": offer["rule"]}
    assert api.signed_in("biller").post("/v1/rules/learned", json=body).status_code == 403
    assert manager.post("/v1/rules/learned", json={"rule": "learned.none"}).status_code == 404
    assert manager.post("/v1/rules/learned", json=body).json()["pack"].startswith("learned.BCBS@")
    told = manager.get("/v1/rules/learned").json()
    assert told["offers"] == []
    (adopted,) = told["adopted"]
    assert (adopted["hit"], adopted["missed"], adopted["precision"]) == (6, 1, 0.857)
    assert manager.post("/v1/rules/learned", json=body | {"do": "drop"}).status_code == 200
    told = manager.get("/v1/rules/learned").json()
    assert ([o["rule"] for o in told["offers"]], told["adopted"]) == ([offer["rule"]], [])
    assert manager.get("/v1/payer-changes").json() == []


def test_codes_on_claims_that_no_list_holds_are_counted(api):
    """A reason code, a therapy code without a price and a code that is no therapy, each by the claims it is on."""
    manager = api.signed_in("manager")
    before = {told["list"]: told for told in manager.get("/v1/rules/lists").json()}
    for number in (1, 2):
        claim = f"LISTS-{number}"
        line = {
            "number": 1,
            "procedure": "9753X",
            "modifiers": [],
            "units": "1",
            "charge": "90.00",
            "dos": "2026-09-20",
        }
        answer = line | {"paid": "0.00", "adjustments": [{"group": "CO", "reason": "ZZ7", "amount": "90.00"}]}
        remit = {"trace_number": claim, "payment_date": "2026-10-01", "total_paid": "0.00"}
        told = {"payer_id": "MEDICARE", "status_code": "4", "charge": "90.00", "remit": remit, "ordinal": 1}
        api.publish(
            event(claim, lines=[line], total_charge="90.00"),
            event(claim, type_="claim.denied.v1", lines=[answer], paid="0.00", **told),
        )
    after = {told["list"]: told for told in manager.get("/v1/rules/lists").json()}
    assert (before["carc"]["unknown"], after["carc"]["unknown"], after["carc"]["claims"]) == ([], ["ZZ7"], 2)
    assert set(after["procedures"]["unknown"]) - set(before["procedures"]["unknown"]) == {"9753X"}
    assert after["carc"]["known"] == before["carc"]["known"] > 150
    assert "9753X" not in after["mue"]["unknown"]
    assert api.client().get("/v1/rules/lists").status_code == 401
