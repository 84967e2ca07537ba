from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import lognorm

from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import fit_city_severity, member_severity, rungs
from actuarial.spending.severity import mean
from actuarial.tables import CityData

EDGES = np.array([0.0, 1.0, 2000.0, 5000.0, 10_000.0, 30_000.0, 50_000.0, 100_000.0, 300_000.0])
ZERO = 0.2


def lognormal_rows(persons: float, log_mean: float, log_spread: float, **labels: str) -> pd.DataFrame:
    """Bands of a log-normal by SciPy: expected persons and cost, a share of ZERO without cost."""
    truth = lognorm(log_spread, scale=np.exp(log_mean))
    bounds = np.append(EDGES[1:], np.inf)
    bounds[0] = 0.0
    with_cost = persons * (1 - ZERO)
    number = with_cost * np.diff(truth.cdf(bounds))
    # E[X; a < X <= b] is the mean times the probability under the log-normal whose log mean is higher by the variance
    money = with_cost * truth.mean() * np.diff(lognorm(log_spread, scale=np.exp(log_mean + log_spread**2)).cdf(bounds))
    return pd.DataFrame(
        {
            "year": 2025,
            "lower": EDGES,
            "upper": np.append(EDGES[1:], np.nan),
            "persons": np.append(persons * ZERO, number),
            "value": np.append(0.0, money),
            "unit": "yuan",
            "age_lower": 60,
            "age_upper": np.nan,
            "age": "60+",
            **labels,
        }
    )


def folder(tiny_data: CityData, *groups: pd.DataFrame) -> CityData:
    return replace(tiny_data, frames={**tiny_data.frames, "claim_bands": pd.concat(groups, ignore_index=True)})


@pytest.fixture(scope="module")
def two_regions(tiny_data: CityData) -> CityData:
    return folder(
        tiny_data,
        lognormal_rows(200_000, 8.0, 1.4, region="339901", scheme="employee", category="all"),
        lognormal_rows(400, 8.3, 1.4, region="339902", scheme="employee", category="all"),
        lognormal_rows(100_000, 7.0, 1.2, region="339901", scheme="resident", category="all"),
        lognormal_rows(100_000, 7.0, 1.2, region="339902", scheme="resident", category="all"),
    )


def test_large_group_gets_its_log_normal_back(two_regions: CityData):
    found = fit_city_severity(two_regions)
    severity = member_severity(found)
    place = {"region": "339901", "scheme": "employee", "category": "none", "age": "60+"}
    # totals of bands without their noise pull the spread down by about one over the persons
    assert float(severity.log_mean.sel(place)) == pytest.approx(8.0, rel=1 / 160_000)
    assert float(severity.log_spread.sel(place)) == pytest.approx(1.4, rel=1 / 160_000)
    assert float(severity.zero_share.sel(place)) == pytest.approx(ZERO, rel=1e-9)


def test_thin_group_has_the_shape_of_all_at_its_own_mean(two_regions: CityData):
    found = fit_city_severity(two_regions)
    (entry,) = [row for row in found.record if row["region"] == "339902" and row["scheme"] == "employee"]
    assert entry["rung"] == "city_shape"
    assert "limit 5%" in str(entry["note"])
    place = {"region": "339902", "scheme": "employee", "category": "none", "age": "60+"}
    fitted = member_severity(found)
    own = (1 - ZERO) * np.exp(8.3 + 1.4**2 / 2)
    assert float(mean(fitted).sel(place)) == pytest.approx(own, rel=1e-9)
    assert rungs(found) == {"own": 3, "city_shape": 1}


def test_unsplit_scheme_has_one_distribution_for_every_category(two_regions: CityData):
    severity = member_severity(fit_city_severity(two_regions))
    employee = severity.log_mean.sel(scheme="employee")
    assert bool((employee == employee.sel(category="none", drop=True)).all())


def test_age_that_a_scheme_does_not_have_is_without_cost(tiny_data: CityData):
    young = lognormal_rows(50_000, 7.0, 1.2, region="339901", scheme="resident", category="all")
    young = young.assign(age="0-14", age_lower=0, age_upper=14)
    old = lognormal_rows(50_000, 8.0, 1.4, region="339901", scheme="employee", category="all")
    severity = member_severity(fit_city_severity(folder(tiny_data, young, old)))
    assert severity.zero_share["age"].values.tolist() == ["0-14", "60+"]
    assert bool((severity.zero_share.sel(scheme="employee", age="0-14") == 1).all())


def test_category_that_is_left_out_does_not_become_free(tiny_data: CityData):
    rows = lognormal_rows(100_000, 7.0, 1.2, region="339901", scheme="resident", category="none")
    with pytest.raises(AssumptionError, match="no rows of category destitute for region 339901"):
        member_severity(fit_city_severity(folder(tiny_data, rows)))


def test_draws_are_about_the_fit(two_regions: CityData):
    found = fit_city_severity(two_regions)
    drawn = member_severity(found, 400, np.random.default_rng(7))
    assert drawn.log_mean.dims == ("draw", "region", "scheme", "category", "age")
    place = {"region": "339901", "scheme": "employee", "category": "none", "age": "60+"}
    # four standard errors of the mean of 400 draws
    gap = float(drawn.log_mean.sel(place).mean("draw")) - 8.0
    assert abs(gap) < 4 * float(drawn.log_mean.sel(place).std("draw")) / 20


def test_group_that_no_form_meets_is_refused_and_used_nowhere(tiny_data: CityData):
    heaped = lognormal_rows(200_000, 8.0, 1.4, region="339901", scheme="resident", category="none")
    far = heaped["lower"] == 300_000
    heaped.loc[far, ["persons", "value"]] = [4000.0, 4000.0 * 320_000]
    good = lognormal_rows(200_000, 8.0, 1.4, region="339901", scheme="employee", category="all")
    found = fit_city_severity(folder(tiny_data, heaped, good))
    assert rungs(found) == {"own": 1, "refused": 1}
    assert found.fit.persons.sizes["group"] == 1
    with pytest.raises(AssumptionError, match="severity: 1 groups refused, first region 339901, scheme resident"):
        member_severity(found)


def test_folder_without_bands_is_refused(tiny_data: CityData):
    frames = {name: frame for name, frame in tiny_data.frames.items() if name != "claim_bands"}
    with pytest.raises(AssumptionError, match="severity: the folder has no claim_bands"):
        fit_city_severity(replace(tiny_data, frames=frames))
