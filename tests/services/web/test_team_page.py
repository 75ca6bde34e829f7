"""The team's page, its PDF and its mail text, for who runs the practice."""

import io

from pypdf import PdfReader


def test_a_manager_sees_the_team_and_the_week(site):
    client = site.client()
    told = client.get("/team")
    assert told.status_code == 200, told.text
    for what in ("Work by person", "Unassigned", "Cash expected", "Lost to deadlines", "Claims rejected"):
        assert what in told.text, what
    assert "n.abara" in told.text
    assert site.client("n.abara").get("/team").status_code == 403


def test_the_week_as_file_and_text_names_no_claim_and_no_patient(site):
    client = site.client()
    pdf = client.get("/v1/team/weekly.pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    mail = client.get("/v1/team/weekly.txt").text
    rows = client.get("/v1/worklists/today?limit=500").json()
    known = {row[name] for row in rows for name in ("claim_id", "patient_id", "ref") if row[name]}
    for told in (text, mail, client.get("/v1/team/weekly").text):
        assert "rejected" in told
        assert not [name for name in known if name in told]


def test_the_page_and_the_api_say_the_same(site):
    client = site.client()
    told = client.get("/v1/team?days=30").json()
    page = client.get("/team?days=30").text
    for row in told["people"]:
        assert f">{row['claims']:,}</a>" in page
