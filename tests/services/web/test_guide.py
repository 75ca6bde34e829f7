"""The guide is the documentation's, its pictures are taken from the demo, and every page leads to it."""

import re
from pathlib import Path

import pytest

from services.devtools.screenshots import GUIDE_SHOTS, guide_round
from services.web import guide
from services.web.guide import GUIDES
from services.web.help_links import HELP_OF

HERE = Path(guide.__file__).parent / "guide"
DOCS = Path(__file__).parents[3] / "docs" / "guide"


@pytest.mark.parametrize("name", GUIDES)
def test_the_web_app_shows_the_page_of_the_documentation(name):
    shown = (HERE / f"{name}.md").read_text("utf-8")
    told = (DOCS / f"{name}.md").read_text("utf-8")
    assert told.replace("../../services/web/guide/pictures/", "pictures/") == shown
    assert shown.splitlines()[0] == f"# {GUIDES[name]}"


def test_every_picture_is_there_and_every_shot_is_used():
    named = {m for page in HERE.glob("*.md") for m in re.findall(r"pictures/([a-z-]+)[.]png", page.read_text("utf-8"))}
    assert named == set(GUIDE_SHOTS) == {path.stem for path in (HERE / "pictures").glob("*.png")}


def test_the_pictures_can_be_taken_anew(site, open_page, tmp_path):
    taken = guide_round(open_page(), site.app, site.base, tmp_path)
    assert {path.stem for path in taken} == set(GUIDE_SHOTS)
    assert all(path.stat().st_size > 10_000 for path in taken)


def test_pages_lead_to_their_guide_and_it_needs_no_internet(site):
    client = site.client()
    assert 'href="/guide/first-day"' in client.get("/").text
    for section, name in HELP_OF.items():
        if section not in ("/people", "/audit"):  # an administrator's
            assert f'href="/guide/{name}"' in client.get(section).text, section
    for name in GUIDES:
        page = client.get(f"/guide/{name}").text
        assert "<h2>" in page
        for picture in re.findall(r'src="(/guide/pictures/[^"]+)"', page):
            assert client.get(picture).headers["content-type"] == "image/png"
        assert not re.search(r'(?:src|href)="https?://', page)
    assert client.get("/guide/nothing").status_code == 404
