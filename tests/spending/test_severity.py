from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import lognorm, norm

from actuarial.errors import AssumptionError
from actuarial.spending.severity import (
    Severity,
    cdf,
    layer_mean,
    limited_expected_value,
    mean,
    partial_moment,
    quantile,
    sample,
    scaled,
    survival,
)

# The integrals are of smooth pieces and asked for 1e-12; 1e-9 is what the closed forms have to meet.
CLOSE = 1e-9


def of(**values: float) -> Severity:
    usual = {
        "zero_share": 0.28,
        "log_mean": 7.6,
        "log_spread": 1.45,
        "threshold": 50_000.0,
        "tail_share": 0.012,
        "tail_index": 2.3,
    }
    return Severity(**{name: xr.DataArray(number) for name, number in (usual | values).items()})


def plain(log_mean: float, log_spread: float, zero_share: float = 0.0) -> Severity:
    """Costs without a Pareto tail."""
    none = {"threshold": np.inf, "tail_share": 0.0, "tail_index": np.inf}
    return of(zero_share=zero_share, log_mean=log_mean, log_spread=log_spread, **none)


def density(severity: Severity, amount: float) -> float:
    """Of all persons, from the densities of SciPy."""
    spread, threshold = severity.log_spread.item(), severity.threshold.item()
    share, index = severity.tail_share.item(), severity.tail_index.item()
    with_cost = 1 - severity.zero_share.item()
    if amount > threshold:
        return with_cost * share * index / threshold * (amount / threshold) ** (-index - 1)
    centre = np.exp(severity.log_mean.item())
    cut = lognorm.cdf(threshold, spread, scale=centre)
    return with_cost * (1 - share) * lognorm.pdf(amount, spread, scale=centre) / cut


def integral(severity: Severity, payment, kinks: list[float]) -> float:
    """Of payment x density over all positive amounts, on the scale of logarithms, piece by piece."""
    edges = sorted({*np.linspace(-6, 40, 24), *np.log([kink for kink in kinks if 0 < kink < np.inf])})
    return sum(
        quad(lambda x: payment(np.exp(x)) * density(severity, np.exp(x)) * np.exp(x), low, high, epsrel=1e-12)[0]
        for low, high in pairwise(edges)
    )


FORMS = {
    "log_normal": plain(8.1, 1.5, 0.07),
    "spliced": of(),
    "heavy": of(tail_index=1.4, threshold=10_000.0, tail_share=0.1),
    "nobody_without_cost": of(zero_share=0.0, threshold=3_000.0, tail_share=0.4),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("limit", [300.0, 10_000.0, 50_000.0, 400_000.0])
def test_limited_expected_value_is_the_integral(name, limit):
    severity = FORMS[name]
    whole = integral(severity, lambda x: min(x, limit), [limit, severity.threshold.item()])
    # what lies above exp(40) pays the limit
    whole += limit * survival(severity, np.exp(40.0)).item()
    assert limited_expected_value(severity, limit).item() == pytest.approx(whole, rel=CLOSE)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(("low", "high"), [(0.0, 2_000.0), (8_000.0, 30_000.0), (30_000.0, 180_000.0), (6e4, 5e5)])
def test_layer_and_partial_moments_are_the_integrals(name, low, high):
    severity = FORMS[name]
    kinks = [low, high, severity.threshold.item()]
    layer = integral(severity, lambda x: min(max(x - low, 0), high - low), kinks)
    layer += (high - low) * survival(severity, np.exp(40.0)).item()
    assert layer_mean(severity, low, high).item() == pytest.approx(layer, rel=CLOSE)
    for order in (0, 1, 2):
        inside = integral(severity, lambda x, order=order: x**order * (low < x <= high), kinks)
        assert partial_moment(severity, order, low, high).item() == pytest.approx(inside, rel=CLOSE)


@pytest.mark.parametrize("limit", [10.0, 5_000.0, 2e6])
def test_log_normal_as_in_the_textbook(limit):
    """Klugman, Panjer & Willmot (2012), Loss Models, appendix A.5.1.1: E[X], E[X^2] and E[X ^ x] of the log-normal."""
    centre, spread = 7.0, 1.3
    z = (np.log(limit) - centre) / spread
    textbook = np.exp(centre + spread**2 / 2) * norm.cdf(z - spread) + limit * norm.sf(z)
    severity = plain(centre, spread)
    assert limited_expected_value(severity, limit).item() == pytest.approx(textbook, rel=1e-12)
    assert mean(severity).item() == pytest.approx(np.exp(centre + spread**2 / 2), rel=1e-12)
    second = partial_moment(severity, 2, 0.0, np.inf).item()
    assert second == pytest.approx(np.exp(2 * centre + 2 * spread**2), rel=1e-12)


@pytest.mark.parametrize("index", [0.7, 1.0, 2.5])
def test_pareto_as_in_the_textbook(index):
    """Klugman, Panjer & Willmot (2012), Loss Models, appendix A: single-parameter Pareto; index 1 by its logarithm."""
    start, limit = 20_000.0, 90_000.0
    severity = of(zero_share=0.0, threshold=start, tail_share=1.0, tail_index=index)
    if index == 1:
        textbook = start + start * np.log(limit / start)
    else:
        textbook = index * start / (index - 1) - start**index / ((index - 1) * limit ** (index - 1))
    assert limited_expected_value(severity, limit).item() == pytest.approx(textbook, rel=1e-12)
    assert survival(severity, limit).item() == pytest.approx((start / limit) ** index, rel=1e-12)
    if index > 1:
        assert mean(severity).item() == pytest.approx(index * start / (index - 1), rel=1e-12)


def test_near_index_one_the_layer_moves_smoothly():
    values = [layer_mean(of(tail_index=1 + step), 60_000.0, 1e6).item() for step in (-1e-9, 0.0, 1e-9)]
    assert values[0] == pytest.approx(values[1], rel=1e-8)
    assert values[0] > values[1] > values[2]


def test_far_tail_of_a_log_normal_keeps_its_digits():
    assert survival(plain(0.0, 1.0), np.exp(20.0)).item() == pytest.approx(norm.sf(20.0), rel=1e-12)


def test_quantile_undoes_the_cdf():
    amounts = xr.DataArray([5.0, 900.0, 20_000.0, 49_999.0, 50_001.0, 300_000.0, 9e6], dims="amount")
    for severity in FORMS.values():
        np.testing.assert_allclose(quantile(severity, cdf(severity, amounts)), amounts, rtol=1e-8)
    assert quantile(of(), 0.28).item() == 0
    assert quantile(of(zero_share=1.0), 0.99).item() == 0


def test_labels_stand_side_by_side():
    by_age = {"age": ["15-59", "60+"]}
    severity = Severity(
        xr.DataArray([0.28, 0.07], by_age, "age"),
        xr.DataArray([7.6, 8.4], by_age, "age"),
        xr.DataArray([1.45, 1.5], by_age, "age"),
        xr.DataArray([np.inf, 30_000.0], by_age, "age"),
        xr.DataArray([0.0, 0.05], by_age, "age"),
        xr.DataArray([np.inf, 2.0], by_age, "age"),
    )
    limits = xr.DataArray([1_000.0, 100_000.0, np.inf], dims="limit")
    found = limited_expected_value(severity, limits)
    assert set(found.dims) == {"age", "limit"}
    assert found.attrs["units"] == "yuan"
    young = limited_expected_value(plain(7.6, 1.45, 0.28), limits)
    np.testing.assert_allclose(found.sel(age="15-59"), young, rtol=1e-14)
    old = of(zero_share=0.07, log_mean=8.4, log_spread=1.5, threshold=3e4, tail_share=0.05, tail_index=2.0)
    np.testing.assert_allclose(found.sel(age="60+"), limited_expected_value(old, limits), rtol=1e-14)


severities = st.builds(
    of,
    zero_share=st.floats(0, 0.9),
    log_mean=st.floats(4, 10),
    log_spread=st.floats(0.3, 2.5),
    threshold=st.floats(2_000, 500_000),
    tail_share=st.floats(0, 0.5),
    tail_index=st.floats(1.05, 6),
)


@settings(max_examples=40)
@given(severity=severities, start=st.floats(0, 1e6), step=st.floats(1, 1e6))
def test_limited_expected_value_rises_ever_more_slowly_to_the_mean(severity, start, step):
    limits = xr.DataArray([start, start + step, start + 2 * step, np.inf], dims="limit")
    values = limited_expected_value(severity, limits).values
    slack = 1e-9 * values[-1]  # rounding of a difference of numbers of this size
    assert (np.diff(values) >= -slack).all()
    assert values[1] - values[0] >= values[2] - values[1] - slack
    assert values[1] - values[0] <= step * (1 - severity.zero_share.item()) + slack


@settings(max_examples=40)
@given(severity=severities, factor=st.floats(0.2, 5), low=st.floats(0, 1e5), width=st.floats(1, 1e6))
def test_a_factor_on_cost_is_a_factor_on_every_layer(severity, factor, low, width):
    dearer = layer_mean(scaled(severity, factor), factor * low, factor * (low + width)).item()
    same = factor * layer_mean(severity, low, low + width).item()
    assert dearer == pytest.approx(same, rel=1e-9, abs=1e-9 * mean(severity).item() * factor)


@settings(max_examples=40)
@given(severity=severities, cuts=st.lists(st.floats(1, 1e6), min_size=1, max_size=4, unique=True))
def test_layers_add_up_to_the_mean(severity, cuts):
    edges = xr.DataArray([0.0, *sorted(cuts), np.inf], dims="edge")
    layers = layer_mean(severity, edges.isel(edge=slice(None, -1)), edges.isel(edge=slice(1, None)))
    assert layers.sum().item() == pytest.approx(mean(severity).item(), rel=1e-9)


@pytest.mark.slow
def test_sampled_persons_pay_what_the_closed_forms_say():
    severity = of()
    costs = sample(severity, 10_000_000, np.random.default_rng(20))
    limits = np.array([500.0, 5_000.0, 30_000.0, 100_000.0, 400_000.0])
    for limit in limits:
        paid = np.minimum(costs.values, limit)
        error = paid.std() / np.sqrt(paid.size)
        assert abs(paid.mean() - limited_expected_value(severity, limit).item()) < 3 * error
        above = (costs.values > limit).mean()
        expected = survival(severity, limit).item()
        assert abs(above - expected) < 3 * np.sqrt(expected * (1 - expected) / costs.size)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: of(log_spread=0.0), r"log_spread: 1 of 1 values not positive and finite, first at \{\}: 0"),
        (lambda: of(zero_share=1.2), r"zero_share: 1 of 1 values outside \[0, 1\], first at \{\}: 1.2"),
        (lambda: of(zero_share=np.nan), r"zero_share: 1 of 1 values outside \[0, 1\], first at \{\}: nan"),
        (lambda: of(threshold=np.inf), r"threshold: 1 of 1 values infinite and yet with a tail, first at \{\}: inf"),
        (lambda: mean(of(tail_index=0.9)), r"tail_index: 1 of 1 values 1 or below: the mean is infinite, ask for"),
        (lambda: layer_mean(of(), 5.0, 4.0), r"lower: 1 of 1 values infinite or above upper, first at \{\}: 5"),
        (lambda: survival(of(), -1.0), r"lower: 1 of 1 values negative or missing, first at \{\}: -1"),
        (lambda: quantile(of(), 1.0), r"probability: 1 of 1 values outside \[0, 1\), first at \{\}: 1"),
        (lambda: scaled(of(), 0.0), r"factor: 1 of 1 values not positive and finite, first at \{\}: 0"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(AssumptionError, match=message):
        call()
