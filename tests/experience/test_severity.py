from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import lognorm, pareto

from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.severity import SeverityFit, fit_bands, fit_persons
from actuarial.experience.severity_bands import Bands, band_persons, to_bands
from actuarial.experience.severity_check import check_fit, is_met, quantile_pairs
from actuarial.experience.severity_choice import choose, sample_parameters
from actuarial.experience.severity_likelihood import agree, climb
from actuarial.experience.severity_pooling import pool_tail_index
from actuarial.spending.severity import Severity, partial_moment, sample, scaled
from actuarial.tables import read_folder

NINGBO = Path(__file__).parents[2] / "data" / "ningbo"
EDGES = (1.0, 2_000.0, 5_000.0, 10_000.0, 30_000.0, 50_000.0, 100_000.0, 300_000.0)
GROUPS = {"age": ["15-59", "60+"]}


def by_age(*values: float) -> xr.DataArray:
    return xr.DataArray(np.array(values), GROUPS, "age")


SPLICED = Severity(
    by_age(0.28, 0.07),
    by_age(7.3, 8.2),
    by_age(1.3, 1.4),
    by_age(30_000.0, 30_000.0),
    by_age(0.02, 0.11),
    by_age(2.4, 1.8),
)
PLAIN = Severity(
    by_age(0.28, 0.07),
    by_age(7.3, 8.2),
    by_age(1.45, 1.5),
    by_age(np.inf, np.inf),
    by_age(0.0, 0.0),
    by_age(np.inf, np.inf),
)


def exact_bands(severity: Severity, persons: float) -> Bands:
    """What the distribution leads one to expect of every band."""
    lower = np.array([0.0, *EDGES])
    low = xr.DataArray(np.where(lower == 1, 0.0, lower), dims="band")
    high = xr.DataArray([1e-300, *EDGES[1:], np.inf], dims="band")
    count = partial_moment(severity, 0, low, high)
    count = count + xr.where(xr.DataArray(lower == 0, dims="band"), severity.zero_share, 0.0)
    cost = partial_moment(severity, 1, low, high)
    cost = cost.where(xr.DataArray(lower > 0, dims="band"), 0.0)
    ends = xr.DataArray([*EDGES, np.inf], dims="band")
    return Bands(xr.DataArray(lower, dims="band"), ends, count * persons, cost * persons)


def within_errors(fit: SeverityFit, truth: Severity, names: tuple[str, ...]) -> None:
    for name in names:
        distance = (getattr(fit.severity, name) - getattr(truth, name)) / fit.errors[name]
        assert (np.abs(distance) < 3).all(), (name, distance.values)


BODY = ("zero_share", "log_mean", "log_spread")
ALL = (*BODY, "tail_share", "tail_index")


@pytest.mark.parametrize(("truth", "threshold", "names"), [(PLAIN, np.inf, BODY), (SPLICED, 30_000.0, ALL)])
def test_parameters_come_back_from_persons_and_from_their_bands(truth, threshold, names):
    costs = sample(truth, 60_000, np.random.default_rng(3))
    one_by_one = fit_persons(costs, threshold)
    within_errors(one_by_one, truth, names)
    banded = fit_bands(band_persons(costs, (0.01, *EDGES[1:])), threshold)
    within_errors(banded, truth, names)
    for name in names:
        assert (banded.errors[name] > 0).all()
        # bands never tell more than the persons in them; the slack is that of two fits' parameters
        assert (banded.errors[name] > 0.98 * one_by_one.errors[name]).all()


@pytest.mark.parametrize(("truth", "threshold"), [(PLAIN, np.inf), (SPLICED, 30_000.0)])
def test_expected_bands_of_a_known_distribution_give_it_back(truth, threshold):
    """The totals' normal likelihood moves the maximum by the order of one person among ten million."""
    found = fit_bands(exact_bands(truth, 1e7), threshold).severity
    for name in ALL:
        np.testing.assert_allclose(getattr(found, name), getattr(truth, name), rtol=2e-5)


def test_log_normal_persons_have_the_closed_form():
    cost = xr.DataArray([0.0, 0.0, 100.0, 900.0, 2_500.0, 7_000.0, np.nan], dims="person")
    fit = fit_persons(cost, np.inf)
    logs = np.log([100.0, 900.0, 2_500.0, 7_000.0])
    assert fit.severity.zero_share.item() == pytest.approx(1 / 3)
    assert fit.severity.log_mean.item() == pytest.approx(logs.mean(), rel=1e-8)
    assert fit.severity.log_spread.item() == pytest.approx(logs.std(), rel=1e-8)
    assert fit.errors["log_mean"].item() == pytest.approx(logs.std() / 2, rel=1e-6)
    assert fit.errors["log_spread"].item() == pytest.approx(logs.std() / np.sqrt(8), rel=1e-6)
    assert fit.errors["tail_index"].item() == 0


def test_tail_of_persons_is_the_estimator_of_hill():
    costs = sample(SPLICED, 20_000, np.random.default_rng(8))
    fit = fit_persons(costs, 30_000.0)
    for age in GROUPS["age"]:
        above = costs.sel(age=age).values
        above = above[above >= 30_000.0]
        hill = 1 / np.mean(np.log(above / 30_000.0))
        assert fit.severity.tail_index.sel(age=age).item() == pytest.approx(hill, rel=1e-8)
        assert fit.errors["tail_index"].sel(age=age).item() == pytest.approx(hill / np.sqrt(len(above)), rel=1e-8)


def test_log_likelihood_of_persons_is_that_of_scipy():
    costs = sample(SPLICED, 3_000, np.random.default_rng(5)).isel(age=1, drop=True)
    fit = fit_persons(costs, 30_000.0)
    one = fit.severity
    paid = costs.values[costs.values > 0]
    inner, outer = paid[paid < 30_000.0], paid[paid >= 30_000.0]
    spread, centre, share = one.log_spread.item(), np.exp(one.log_mean.item()), one.tail_share.item()
    body = lognorm.logpdf(inner, spread, scale=centre) - lognorm.logcdf(30_000.0, spread, scale=centre)
    tail = pareto.logpdf(outer, one.tail_index.item(), scale=30_000.0)
    whole = body.sum() + tail.sum() + len(outer) * np.log(share) + len(inner) * np.log(1 - share)
    assert fit.log_likelihood.item() == pytest.approx(whole, rel=1e-10)


def test_tail_of_counts_alone_is_a_logarithm():
    """Two bands above the threshold and no totals: index = log(all / highest) / log(edge / threshold)."""
    bands = exact_bands(SPLICED, 1e5)
    counts_alone = Bands(bands.lower, bands.upper, bands.persons, bands.cost.where(bands.lower == 0))
    fit = fit_bands(counts_alone, 100_000.0)
    at = dict(zip(EDGES, range(1, 9), strict=True))
    above = bands.persons.isel(band=slice(at[100_000.0], None)).sum("band")
    highest = bands.persons.isel(band=at[300_000.0])
    np.testing.assert_allclose(fit.severity.tail_index, np.log(above / highest) / np.log(3), rtol=1e-7)


def test_errors_of_the_tail_index_are_as_large_as_its_scatter():
    """Chi-square of 150 fits to new persons each time; four standard errors of its mean."""
    rng = np.random.default_rng(12)
    one = {name: getattr(SPLICED, name).isel(age=0, drop=True) for name in (*ALL, "threshold")}
    cost = sample(Severity(**one), 150 * 20_000, rng).values.reshape(150, 20_000)
    bands = band_persons(xr.DataArray(cost, dims=("trial", "person")), (0.01, *EDGES[1:]))
    fit = fit_bands(bands, 30_000.0)
    for name in ("log_mean", "log_spread"):
        distance = (getattr(fit.severity, name) - one[name]) / fit.errors[name]
        assert abs((distance**2).mean().item() - 1) < 4 * np.sqrt(2 / 150)
    relative = fit.errors["tail_index"] / fit.severity.tail_index
    distance = np.log(fit.severity.tail_index / one["tail_index"]) / relative
    assert abs((distance**2).mean().item() - 1) < 4 * np.sqrt(2 / 150)


@pytest.mark.parametrize("threshold", [np.inf, 30_000.0])
def test_unit_of_money_changes_nothing(threshold):
    costs = sample(SPLICED, 5_000, np.random.default_rng(2))
    bands = band_persons(costs, (0.01, *EDGES[1:]))
    in_ten_thousand = Bands(bands.lower / 1e4, bands.upper / 1e4, bands.persons, bands.cost / 1e4)
    pairs = [
        (fit_bands(bands, threshold), fit_bands(in_ten_thousand, threshold / 1e4)),
        (fit_persons(costs, threshold), fit_persons(costs / 1e4, threshold / 1e4)),
    ]
    for yuan, other in pairs:
        back = scaled(other.severity, 1e4)
        for name in ALL:
            np.testing.assert_allclose(getattr(back, name), getattr(yuan.severity, name), rtol=1e-6)
            np.testing.assert_allclose(other.errors[name], yuan.errors[name], rtol=1e-5)


def test_the_form_that_made_the_bands_is_chosen():
    rng = np.random.default_rng(31)
    for truth, expected in ((PLAIN, np.inf), (SPLICED, 30_000.0)):
        bands = band_persons(sample(truth, 200_000, rng), (0.01, *EDGES[1:]))
        fits = [fit_bands(bands, threshold) for threshold in (np.inf, 10_000.0, 30_000.0, 100_000.0)]
        for together in ((), ("age",)):
            taken, criterion = choose(fits, together)
            assert (taken.severity.threshold == expected).all()
            assert criterion["form"].values.tolist() == [np.inf, 10_000.0, 30_000.0, 100_000.0]


def test_shipped_bands_are_log_normal_and_the_fit_says_so():
    """The bands of Ningbo are made from a log-normal of these spreads (data/estimates/choices/ningbo.toml)."""
    frame = read_folder(NINGBO).frames["claim_bands"]
    bands = to_bands(frame[frame["scheme"] == "employee"], ["region", "age"])
    fits = [fit_bands(bands, threshold) for threshold in (np.inf, 30_000.0, 100_000.0)]
    taken, criterion = choose(fits)
    severity = taken.severity
    assert np.isinf(severity.threshold).all()
    assert (criterion.argmin("form") == 0).all()
    np.testing.assert_allclose(severity.log_spread.sel(age="15-59"), 1.45, rtol=2e-3)
    np.testing.assert_allclose(severity.log_spread.sel(age="60+"), 1.5, rtol=2e-3)
    # what a Pareto forced on a log-normal looks like: an index that rises with the threshold
    risen = fits[2].severity.tail_index - fits[1].severity.tail_index
    assert (risen > 0).all()
    seen = check_fit(severity, bands, [10_000.0, 30_000.0, 100_000.0, 300_000.0])
    for what in ("persons", "cost"):
        assert (np.abs(seen[f"{what}_observed"] - seen[f"{what}_fitted"]) < seen[f"{what}_error"]).all()


def test_a_wrong_form_fails_the_check():
    costs = sample(SPLICED, 200_000, np.random.default_rng(14))
    bands = band_persons(costs, (0.01, *EDGES[1:]))
    right = check_fit(fit_bands(bands, 30_000.0).severity, bands, [30_000.0, 100_000.0, 300_000.0])
    wrong = check_fit(fit_bands(bands, np.inf).severity, bands, [30_000.0, 100_000.0, 300_000.0])
    off = [(seen["persons_observed"] - seen["persons_fitted"]) / seen["persons_error"] for seen in (right, wrong)]
    assert (off[0].max("threshold") < 4).all()
    assert (off[0].min("threshold") > -4).all()
    assert (off[1].max("threshold") > 8).any() or (off[1].min("threshold") < -8).any()


def test_a_likely_form_that_misses_the_cost_far_out_is_not_taken():
    """A Lomax has no log-normal body: the likelihood takes the lowest threshold, whose tail is far too heavy.

    A fifth, since with an index below 2 the cost that is seen varies without bound.
    """
    cost = np.round(4_000.0 * np.random.default_rng(1).pareto(1.7, 400_000), 2)
    bands = band_persons(xr.DataArray(cost, dims="person"), (0.01, *EDGES[1:]))
    fits = [fit_bands(bands, threshold) for threshold in (np.inf, 10_000.0, 100_000.0)]
    checks = [check_fit(fit.severity, bands, [30_000.0, 100_000.0, 300_000.0]) for fit in fits]
    assert choose(fits)[0].severity.threshold == 10_000.0
    met = [is_met(check, 0.2) for check in checks]
    assert [bool(one) for one in met] == [False, False, True]
    assert choose(fits, met=met)[0].severity.threshold == 100_000.0
    with pytest.raises(
        AssumptionError, match=r"severity: no form of thresholds \[inf, 10000.0\] meets persons and cost"
    ):
        choose(fits[:2], met=met[:2])


def test_check_counts_what_was_seen():
    cost = xr.DataArray([0.0, 500.0, 3_000.0, 12_000.0, 40_000.0], dims="person")
    bands = band_persons(cost, (0.01, 2_000.0, 10_000.0))
    seen = check_fit(fit_persons(cost, np.inf).severity, bands, [2_000.0, 10_000.0])
    assert seen["persons_observed"].values.tolist() == [3, 2]
    assert seen["cost_observed"].values.tolist() == [55_000.0, 52_000.0]
    share = seen["persons_fitted"].values / 5
    np.testing.assert_allclose(seen["persons_error"], np.sqrt(5 * share * (1 - share)))
    with pytest.raises(AssumptionError, match=r"threshold: \[5000.0\] are not among the edges"):
        check_fit(fit_persons(cost, np.inf).severity, bands, [5_000.0])


def test_quantile_pairs_lie_on_the_diagonal_of_a_true_form():
    pairs = quantile_pairs(SPLICED, exact_bands(SPLICED, 1e6)).isel(edge=slice(1, None))
    np.testing.assert_allclose(pairs["fitted"].transpose("age", "edge"), np.tile(EDGES[1:], (2, 1)), rtol=1e-9)
    np.testing.assert_allclose(pairs["share"].transpose("age", "edge"), pairs["share_fitted"].transpose("age", "edge"))


def test_draws_of_the_parameters_scatter_by_their_errors():
    """Four standard errors of a mean and of a standard deviation of 4,000 draws; shares and errors are not small."""
    costs = sample(SPLICED, 20_000, np.random.default_rng(17))
    forms = [fit_persons(costs, threshold) for threshold in (30_000.0, np.inf)]
    for fit in forms:
        draws = sample_parameters(fit, 4_000, np.random.default_rng(18))
        for name in ALL if fit is forms[0] else BODY:
            drawn, error = getattr(draws, name), fit.errors[name]
            off = (drawn.mean("draw") - getattr(fit.severity, name)) / error
            # half a person and the curvature of the logarithm move the mean by a tenth of an error at most
            assert (np.abs(off) < 0.1 + 4 / np.sqrt(4_000)).all(), name
            np.testing.assert_allclose(drawn.std("draw"), error, rtol=4 / np.sqrt(8_000) + 0.01)
    plain = sample_parameters(forms[1], 10, np.random.default_rng(18))
    assert (plain.tail_share == 0).all()
    assert np.isinf(plain.tail_index).all()
    tied = sample_parameters(forms[0], 4_000, np.random.default_rng(18))
    seen = xr.corr(tied.log_mean, tied.log_spread, dim="draw")
    np.testing.assert_allclose(seen, forms[0].errors["correlation"], atol=4 / np.sqrt(4_000))


def test_pooling_of_equal_errors_by_hand():
    """Values 0, 1, 2, error 0.5: between^2 = 1 - 0.25, so each keeps three quarters of its own distance."""
    value = xr.DataArray([0.0, 1.0, 2.0, np.nan], dims="region")
    error = xr.DataArray([0.5, 0.5, 0.5, np.nan], dims="region")
    pooled, pooled_error, between = pool_tail_index(value, error, ["region"])
    np.testing.assert_allclose(pooled, [0.25, 1.0, 1.75, 1.0])
    assert between.item() == pytest.approx(np.sqrt(0.75))
    # 0.75 (1 - 0.75) + 0.25^2 / 3; a group that was not seen: all of the spread, and the error of the mean
    np.testing.assert_allclose(pooled_error.values[:3], np.sqrt(0.1875 + 0.0625 / 3))
    assert pooled_error.values[3] == pytest.approx(np.sqrt(0.75 + 1 / 3))


def test_alike_groups_pool_to_one_index():
    value, error = xr.DataArray([0.9, 1.0, 1.1], dims="region"), xr.DataArray([0.5, 0.5, 0.5], dims="region")
    pooled, _, between = pool_tail_index(value, error, ["region"])
    np.testing.assert_allclose(pooled, 1.0)
    assert between.item() == 0


def test_a_group_without_a_tail_takes_the_index_of_the_others():
    costs = sample(SPLICED, 20_000, np.random.default_rng(6))
    is_cut = (costs["age"] == "60+") & (costs >= 30_000.0)
    costs = costs.where(~is_cut)
    with pytest.raises(AssumptionError, match=r"tail_index: 1 groups have nobody far enough above 30000 .* '60\+'"):
        fit_persons(costs, 30_000.0)
    pooled = fit_persons(costs, 30_000.0, pooled=["age"])
    assert pooled.severity.tail_index.values[1] == pytest.approx(pooled.severity.tail_index.values[0])
    assert pooled.severity.tail_share.values[1] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"upper": [1.0, 9.0, np.inf]}, r"claim_bands: gap or overlap between bands from"),
        ({"upper": [1.0, 10.0, 90.0]}, r"claim_bands: the highest band ends at 90; its upper end has to be empty"),
        ({"cost": [1.0, 20.0, 30.0]}, r"claim_bands: cost in the band from 0 to 1; persons without cost need a band"),
        ({"cost": [0.0, 90.0, 30.0]}, r"claim_bands: mean cost outside 1 bands, first at \{'band': 1\}"),
        ({"persons": [5.0, 4.0, 0.0]}, r"claim_bands: mean cost outside 1 bands, first at \{'band': 2\}"),
        ({"persons": [5.0, np.nan, 2.0]}, r"claim_bands: persons negative or missing in 1 bands, \{'band': 1\}"),
    ],
)
def test_bands_that_cannot_be_are_refused(change, message):
    right = {"lower": [0.0, 1.0, 10.0], "upper": [1.0, 10.0, np.inf], "persons": [5.0, 4.0, 2.0], "cost": [0, 20.0, 30]}
    with pytest.raises(SchemaError, match=message):
        Bands(**{name: xr.DataArray(values, dims="band") for name, values in (right | change).items()})


def test_what_cannot_be_fitted_is_refused():
    bands = exact_bands(SPLICED, 1e4)
    with pytest.raises(AssumptionError, match=r"threshold: 300000 is not one of the edges \[2000.0, .* 100000.0\]"):
        fit_bands(bands, 300_000.0)
    with pytest.raises(AssumptionError, match=r"body: filled bands below the threshold: 1, needed: 2; .*; at \{'age'"):
        fit_bands(bands, 2_000.0)
    with pytest.raises(AssumptionError, match=r"cost: 1 values negative or infinite, first at \{'person': 1\}"):
        fit_persons(xr.DataArray([4.0, -1.0, 5.0], dims="person"), np.inf)
    with pytest.raises(AssumptionError, match=r"body: different costs below the threshold: 1, needed: 2; add groups"):
        fit_persons(xr.DataArray([4.0, 4.0, 0.0], dims="person"), np.inf)


NOBODY = {
    "body: filled bands below the threshold: 0, needed: 2; add groups together; at {}": [9.0, 0.0, 0.0, 0.0],
    "body: filled bands below the threshold: 1, needed: 2; add groups together; at {}": [9.0, 5.0, 0.0, 0.0],
}


@pytest.mark.parametrize("message", NOBODY)
def test_bands_in_which_nobody_has_cost_are_refused(message):
    """No number stands for a group that nobody tells anything of, or whose costs are all alike."""
    persons = np.array(NOBODY[message])
    lower = xr.DataArray([0.0, 1.0, 100.0, 1_000.0], dims="band")
    upper = xr.DataArray([1.0, 100.0, 1_000.0, np.inf], dims="band")
    cost = xr.DataArray(persons * [0, 50.0, 500.0, 5_000.0], dims="band")
    with pytest.raises(AssumptionError) as caught:
        fit_bands(Bands(lower, upper, xr.DataArray(persons, dims="band"), cost), np.inf)
    assert str(caught.value) == message


@pytest.mark.parametrize("values", [[0.0, 0.0, np.nan], [np.nan, np.nan, np.nan]])
def test_persons_without_any_cost_are_refused(values):
    """A logarithm is taken of costs above zero alone; where there is none, the fit says so."""
    with pytest.raises(AssumptionError) as caught:
        fit_persons(xr.DataArray(values, dims="person"), np.inf)
    assert str(caught.value) == ("body: different costs below the threshold: 0, needed: 2; add groups together; at {}")


def test_a_likelihood_that_rises_for_ever_is_refused():
    """Costs piled up below the threshold: the cut-off log-normal grows without end."""
    cost = xr.DataArray(1_000.0 * np.linspace(0.01, 1, 400) ** 0.2, dims="person")
    with pytest.raises(
        AssumptionError, match=r"body: the likelihood has no maximum that 200 steps find, at .*; at \{\}"
    ):
        fit_persons(cost, 1_000.1)


def test_a_fit_that_moves_with_the_unit_of_money_did_not_converge():
    agree("body", np.array([8.0, 0.3]), np.array([8.0009, 0.3]))
    with pytest.raises(
        AssumptionError, match=r"body: the fit moves by 0.20% when the unit of money changes, more than"
    ):
        agree("body", np.array([8.0, 0.3]), np.array([8.0, 0.302]))


def test_a_flat_likelihood_is_refused():
    with pytest.raises(AssumptionError, match="level: the likelihood has no maximum"):
        climb(lambda at: (0.0, np.zeros(1), np.zeros((1, 1))), np.zeros(1), "level")
