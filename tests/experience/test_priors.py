import pytest

from actuarial.errors import AssumptionError
from actuarial.experience.priors import morbidity_priors, read_priors, revenue_priors


def test_every_prior_has_a_reason():
    for model in ("morbidity", "revenue"):
        assert (read_priors(model)["reason"].str.len() > 0).all()


def test_fixed_loading_gives_the_factor_its_unit():
    priors = revenue_priors(["average_wage", "contribution_base"])
    assert list(priors.series) == ["average_wage", "contribution_base"]
    assert (priors.series["average_wage"].loading_mean, priors.series["average_wage"].loading_spread) == (1, 0)
    assert priors.free == ["contribution_base"]


def test_morbidity_priors_are_shares_and_spreads():
    priors = morbidity_priors()
    assert 0 < priors.jump_share < 1 < priors.jump_ratio
    assert min(priors.common_spread, priors.region_spread, priors.noise_floor, priors.variation_median) > 0


def test_series_without_priors_is_named():
    with pytest.raises(AssumptionError, match=r"revenue: no priors for the series rainfall; add them to priors\.csv"):
        revenue_priors(["average_wage", "rainfall"])
