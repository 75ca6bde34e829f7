"""The library of payers' terms: every figure has its source, and adopting one publishes a policy that is understood."""

from datetime import date

import pytest

from events.term_refusals import misunderstood
from events.terms import PolicyPublished
from projections.rules.payer_library import (
    FIELDS,
    Network,
    TemplateError,
    adopted_policy,
    filled,
    own_terms,
    read_templates,
)
from services.store.payer_library import payer_library

TODAY = date(2026, 12, 1)
TEMPLATES = {template.id: template for template in payer_library()}


def adopted(name, network=Network.IN, standing=None):
    return PolicyPublished.model_validate(adopted_policy(TEMPLATES[name], "P", network, TODAY, standing))


def test_about_forty_payers_and_the_figures_that_could_be_read():
    assert len(TEMPLATES) == 43
    assert filled(TEMPLATES.values()) == 57
    assert {"uhc-commercial", "aetna-commercial", "kaiser", "champva", "medicaid-ca", "no-fault-ny"} < set(TEMPLATES)


@pytest.mark.parametrize("missing", ["source", "read_on", "confidence", "length"])
def test_a_figure_without_its_source_does_not_ship(missing):
    figure = {"term": "filing", "length": 90, "unit": "days", "source": "a page", "read_on": TODAY, "confidence": "M"}
    template = {"id": "x", "name": "X", "program": "commercial", "figures": [figure]}
    assert read_templates([{"payers": [template]}])
    with pytest.raises(TemplateError, match="x"):
        read_templates([{"payers": [template | {"figures": [{k: v for k, v in figure.items() if k != missing}]}]}])


@pytest.mark.parametrize("network", [Network.IN, Network.OUT])
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_adoption_is_a_policy_that_the_doors_take(name, network):
    policy = adopted(name, network)
    assert not list(misunderstood(policy))
    assert (policy.payer_id, policy.program) == ("P", TEMPLATES[name].program)
    windows = [getattr(policy, field) for field in FIELDS if field != "appeal"]
    for window in [w for w in windows if w is not None] + list(policy.appeals):
        assert window.source
        assert window.read_on
        assert window.model_extra["x_template"] == name


def test_the_network_decides_which_figures_apply():
    assert adopted("cigna-commercial", Network.IN).filing.length == 90
    assert adopted("cigna-commercial", Network.OUT).filing.length == 180
    assert TEMPLATES["aetna-commercial"].empty(Network.IN) == ("filing_secondary", "corrected")


def test_a_term_from_the_contract_stands_before_the_library_and_an_adopted_one_gives_way():
    own = PolicyPublished.model_validate(
        {
            "payer_id": "P",
            "version": 4,
            "identifiers": ["777"],
            "filing": {"length": 120},
            "appeals": [{"level": 1, "length": 30}],
        }
    )
    policy = adopted("cigna-commercial", standing=own)
    assert (policy.filing.length, policy.filing_secondary.length) == (120, 90)
    assert [appeal.length for appeal in policy.appeals] == [30]
    assert policy.identifiers == ("777", "62308")
    again = adopted("cigna-commercial", Network.OUT, policy)
    assert (again.filing.length, again.filing_secondary.length) == (120, 180)
    assert set(own_terms(again)) >= {"filing", "appeals"}
    assert "filing_secondary" not in own_terms(again)
