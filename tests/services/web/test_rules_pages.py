"""Published files on the Rules page: looked at first, published exactly as shown; and rules learned from answers."""

import re

import pytest

from services.presentation.rule_words import FILE_KINDS, PACK_KINDS, change_words
from services.rule_files.packs import FileKind
from services.store.shipped_rule_packs import shipped_packs
from tests.services.rule_files import layouts

FIGURES = ("figures.toml", layouts.FIGURES_TEXT.encode(), "application/octet-stream")


def upload(client, *files, **fields):
    return client.post("/rules/import", files=[("files", file) for file in files], data=fields)


def token_of(answer):
    return re.search(r'name="token" value="([^"]+)"', answer.text)[1]


def test_every_kind_of_file_has_words():
    assert set(FILE_KINDS) == set(FileKind)
    assert {pack["kind"] for pack in shipped_packs()} - set(PACK_KINDS) == set()


def test_changes_in_words():
    told = change_words({"finding": {"gone": 1, "new": 3}, "deadline": {"gone": 2, "new": 0}})
    assert told == "1 finding changes, 2 new findings, 2 deadlines go away"


def test_who_may_and_what_is_refused_in_words(site):
    assert upload(site.client("n.abara"), FIGURES).status_code == 403
    assert "Import published files" not in site.client("n.abara").get("/rules").text
    refused = upload(site.client(), ("notes.csv", b"a,b\n1,2\n", "text/csv"))
    assert (refused.status_code, "not one of the files known" in refused.text) == (422, True)
    empty = upload(site.client(), ("empty.csv", b"", "text/csv"))
    assert (empty.status_code, "choose at least one file" in empty.text.lower()) == (422, True)
    stale = site.client().post("/rules/publish", data={"token": "nonsense"})
    assert (stale.status_code, "out of date" in stale.text) == (422, True)


def test_without_the_sessions_token_an_upload_is_refused(site):
    client = site.client()
    kept = client.headers.pop("X-CSRF-Token")
    try:
        assert upload(client, FIGURES).status_code == 403
        assert upload(client, FIGURES, csrf_token="wrong").status_code == 403
        assert upload(client, FIGURES, csrf_token=kept, quick="true").status_code == 200
    finally:
        client.headers["X-CSRF-Token"] = kept


def test_a_look_publishes_nothing_and_a_second_look_is_needed_where_the_rules_changed_meanwhile(site):
    client = site.client()

    def threshold():
        return next(pack for pack in client.get("/v1/rules?kind=kx").json() if pack["pack_id"] == "kx")

    before = threshold()
    shown = upload(client, FIGURES)
    assert (shown.status_code, threshold()) == (200, before)
    for words in ("2550.00", "Part B", "kx@2027", "would change", "Publish"):
        assert words in shown.text, words
    other = upload(client, ("figures.toml", layouts.FIGURES_TEXT.replace("2550", "2560").encode(), "text/plain"))
    assert client.post("/rules/publish", data={"token": token_of(other)}).status_code == 303
    late = client.post("/rules/publish", data={"token": token_of(shown)})
    assert (late.status_code, "review them again" in late.text) == (422, True)
    again = upload(client, FIGURES, quick="true")
    assert "Open claims were not checked" in again.text
    done = client.post("/rules/publish", data={"token": token_of(again)}, follow_redirects=True)
    assert "published and in force" in done.text
    assert threshold()["version"] != before["version"]
    assert "already in force" in upload(client, FIGURES).text


def test_learned_rules_and_payer_changes_have_a_page(site):
    shown = site.client().get("/rules/learned")
    assert shown.status_code == 200
    assert "No payer changed" in shown.text
    refused = site.client().post("/rules/learned", data={"rule": "learned.co-11.97530", "do": "adopt"})
    assert (refused.status_code, "is offered" in refused.text) == (422, True)
    assert site.client("n.abara").post("/rules/learned", data={"rule": "x", "do": "adopt"}).status_code == 403


@pytest.mark.parametrize("path", ["/rules", "/rules/learned"])
def test_the_pages_are_there_for_a_biller(site, path):
    assert site.client("n.abara").get(path).status_code == 200
