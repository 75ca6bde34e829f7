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
