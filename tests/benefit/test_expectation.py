from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from actuarial.benefit.expectation import expected_payments
from actuarial.benefit.layers import LAYERS, BandPayments, band_payments, layer_payments
from actuarial.benefit.piecewise import Piecewise, excess, limit, line, payment
from actuarial.benefit.rules import BenefitRules, Care, Layer, Segment
from actuarial.errors import AssumptionError
from actuarial.spending.severity import (
    PARAMETERS,
    Severity,
    limited_expected_value,
    mean,
    sample,
)
from tests.benefit.ruled import PATTERNS, rules_of
from tests.spending.test_severity import of, plain, severities

SCALES = (0.3, 1.0, 2.7)
FORMS = {
    "log_normal": plain(8.1, 1.5, 0.07),
    "spliced": of(),
    "all_tail": of(zero_share=0.0, threshold=4e3, tail_share=1.0),
}
BANDS = band_payments(rules_of(), PATTERNS)


def whole(**payments: Piecewise) -> list[BandPayments]:
    return [BandPayments(0.0, inf, payments)]


def kinks(severity: Severity, bands: tuple[BandPayments, ...], scale: float) -> list[float]:
    places = [point / scale for band in bands for function in band.payments.values() for point in function.breakpoints]
    edges = [severity.threshold.item(), *(band.lower for band in bands), *np.exp(np.linspace(-6, 40, 24))]
    return sorted({place for place in (*places, *edges) if np.exp(-6) <= place <= np.exp(40)})


def log_density(severity: Severity) -> Callable[[float], float]:
    """Density of the logarithm of the cost, of all persons."""
    centre, spread = severity.log_mean.item(), severity.log_spread.item()
    end, share, index = (getattr(severity, name).item() for name in ("threshold", "tail_share", "tail_index"))
    with_cost = 1 - severity.zero_share.item()
    body = (1 - share) / norm.cdf(np.log(end), centre, spread) / spread / sqrt(2 * pi)

    def density(log: float) -> float:
        if log > np.log(end):
            return with_cost * share * index * exp(-index * (log - np.log(end)))
        return with_cost * body * exp(-(((log - centre) / spread) ** 2) / 2)

    return density


def integral(severity: Severity, layer: str, scale: float, order: int) -> float:
    """Payment (order 0) or its derivative by the scale (order 1) times the density, by SciPy between all kinks."""
    density, found = log_density(severity), 0.0
    for low, high in pairwise(kinks(severity, BANDS, scale)):
        band = next(band for band in BANDS if band.lower <= low < band.upper)
        start, end = (payment(band.payments[layer], scale * place).item() for place in (low, high))
        slope = (end - start) / (high - low)
        level = 0.0 if order else start - slope * low
        slope = slope / scale if order else slope

        def weighted(place: float, level: float = level, slope: float = slope) -> float:
            return (level + slope * exp(place)) * density(place)

        found += quad(weighted, log(low), log(high), epsabs=0, epsrel=1e-11)[0]
    return found


@pytest.mark.parametrize("limits", [300.0, 10_000.0, 400_000.0])
@pytest.mark.parametrize("scale", SCALES)
def test_excess_of_a_log_normal_as_in_the_textbook(limits, scale):
    """Klugman, Panjer & Willmot (2012), Loss Models, appendix A.5.1.1."""
    centre, spread = 7.0 + np.log(scale), 1.3
    z = (np.log(limits) - centre) / spread
    above = np.exp(centre + spread**2 / 2) * norm.sf(z - spread) - limits * norm.sf(z)
    found = expected_payments(plain(7.0, spread), whole(above=excess(limits), below=limit(limits)), scale)["payment"]
    assert found.sel(layer="above").item() == pytest.approx(above, rel=1e-9)
    assert found.sel(layer="below").item() == pytest.approx(np.exp(centre + spread**2 / 2) - above, rel=1e-9)


@pytest.mark.parametrize("index", [1.3, 2.0, 4.5])
@pytest.mark.parametrize("scale", SCALES)
def test_excess_of_a_pareto_as_in_the_textbook(index, scale):
    """E[(s X - d)+] = s u^a (d / s)^(1 - a) / (a - 1) for d / s above the start u."""
    start, deductible = 9_000.0, 60_000.0
    severity = of(zero_share=0.0, threshold=start, tail_share=1.0, tail_index=index)
    expected = scale * start**index * (deductible / scale) ** (1 - index) / (index - 1)
    found = expected_payments(severity, whole(above=excess(deductible)), scale)
    assert found["payment"].item() == pytest.approx(expected, rel=1e-9)
    assert found["slope"].item() == pytest.approx(expected * index / scale, rel=1e-9)


@pytest.mark.parametrize("name", FORMS)
def test_a_limit_is_the_limited_expected_value(name):
    severity, cap = FORMS[name], 30_000.0
    for scale in SCALES:
        found = expected_payments(severity, whole(below=limit(cap)), scale)["payment"].item()
        assert found == pytest.approx(scale * limited_expected_value(severity, cap / scale).item(), rel=1e-9)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("scale", SCALES)
def test_every_layer_of_every_band_is_the_integral(name, scale):
    """The integrals are of smooth pieces and asked for 1e-11; 1e-9 is what the closed form has to meet."""
    severity = FORMS[name]
    found = expected_payments(severity, BANDS, scale).sel(layer=["basic_inpatient", "critical", "safety_net", "own"])
    for layer in found["layer"].values:
        own = found.sel(layer=layer)
        assert own["payment"].item() == pytest.approx(integral(severity, layer, scale, 0), rel=1e-9)
        assert own["slope"].item() == pytest.approx(integral(severity, layer, scale, 1), rel=1e-9)


@settings(max_examples=30)
@given(severity=severities, scale=st.floats(0.1, 10))
def test_layers_add_up_to_the_mean_cost(severity, scale):
    found = expected_payments(severity, BANDS, scale)
    assert found["payment"].sum().item() == pytest.approx(scale * mean(severity).item(), rel=1e-12)
    assert found["slope"].sum().item() == pytest.approx(mean(severity).item(), rel=1e-12)


@settings(max_examples=30)
@given(severity=severities, scale=st.floats(0.1, 10), step=st.floats(1.01, 2))
def test_dearer_care_is_never_less_for_the_person_nor_for_all_public_layers(severity, scale, step):
    scales = xr.DataArray([scale, scale * step], dims="scale")
    found = expected_payments(severity, BANDS, scales)["payment"]
    public = found.sel(layer=list(LAYERS[:6])).sum("layer")
    slack = 1e-12 * found.sum("layer").isel(scale=1).item()  # rounding of sums of this size
    assert public.diff("scale").item() >= -slack
    assert found.sel(layer="own").diff("scale").item() >= -slack


def times(rules: BenefitRules, factor: float) -> BenefitRules:
    """The same rules with every amount of money times a factor."""

    def stretched(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        return tuple(Segment(own.lower * factor, own.upper * factor, own.rate) for own in segments)

    def of_care(care: Care) -> Care:
        return Care(tuple(amount * factor for amount in care.deductibles), stretched(care.segments), None)

    def of_layer(layer: Layer) -> Layer:
        return Layer(layer.services, layer.deductible * factor, stretched(layer.segments), layer.cap * factor)

    basic, aid, net, policy = rules.basic, rules.assistance, rules.safety_net, rules.commercial
    assert aid is not None
    assert net is not None
    assert policy is not None
    return replace(
        rules,
        basic=replace(
            basic,
            care={case: of_care(care) for case, care in basic.care.items()},
            caps={service: cap * factor for service, cap in basic.caps.items()},
            cap=basic.cap * factor,
            full_cover=basic.full_cover * factor,
        ),
        critical=of_layer(rules.critical),
        assistance=replace(aid, deductible=aid.deductible * factor, cap=aid.cap * factor),
        safety_net=replace(net, threshold=net.threshold * factor),
        commercial=replace(policy, layer=of_layer(policy.layer)),
    )


@settings(max_examples=20)
@given(factor=st.floats(0.2, 5), scale=st.floats(0.3, 3))
def test_when_all_amounts_grow_with_cost_so_does_every_payment(factor, scale):
    dearer = expected_payments(of(), band_payments(times(rules_of(), factor), PATTERNS), scale * factor)["payment"]
    same = factor * expected_payments(of(), BANDS, scale)["payment"]
    # A layer's digits are those of the mean cost: bends are differences of moments of that size.
    np.testing.assert_allclose(dearer, same, rtol=1e-9, atol=1e-12 * same.sum().item())


def test_labels_stand_side_by_side():
    forms = [getattr(form, name) for form in (of(), of(log_mean=8.2)) for name in PARAMETERS]
    both = Severity(
        *(xr.concat([forms[at], forms[at + 6]], dim="age").assign_coords(age=["0-59", "60+"]) for at in range(6))
    )
    scales = xr.DataArray([0.5, 2.0], dims="year", coords={"year": [2026, 2027]})
    found = expected_payments(both, BANDS, scales)
    assert found["payment"].dims == ("age", "layer", "year")
    assert found["payment"].attrs["units"] == "yuan/person-year"
    old = expected_payments(of(log_mean=8.2), BANDS, scales)
    np.testing.assert_allclose(found["payment"].sel(age="60+"), old["payment"], rtol=1e-14)


@pytest.mark.slow
def test_sampled_persons_pay_what_the_closed_form_says():
    severity, scale, rng = of(), 1.6, np.random.default_rng(505)
    rules = rules_of()
    functions = {pattern: layer_payments(rules, pattern) for pattern in PATTERNS}
    count, sums, squares = 0, np.zeros(len(LAYERS)), np.zeros(len(LAYERS))
    for _ in range(20):
        cost = sample(severity, 500_000, rng).values
        edge = np.searchsorted([8_000.0, 60_000.0], cost, side="right")
        chance = rng.random(cost.size)
        for number, lower in enumerate((0.0, 8_000.0, 60_000.0)):
            own = [pattern for pattern in PATTERNS if pattern.lower == lower]
            ends = np.cumsum([0.0, *(pattern.share for pattern in own)])
            for pattern, (low, high) in zip(own, pairwise(ends), strict=True):
                here = xr.DataArray(scale * cost[(edge == number) & (chance >= low) & (chance < high)], dims="person")
                paid = np.array([payment(functions[pattern][layer], here).values for layer in LAYERS])
                count, sums, squares = count + here.size, sums + paid.sum(1), squares + (paid**2).sum(1)
    average = sums / count
    error = np.sqrt((squares / count - average**2) / count)
    expected = expected_payments(severity, BANDS, scale)["payment"]
    assert count == 10_000_000
    assert (abs(average - expected.values) < 3 * error).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: expected_payments(of(), BANDS[:1], 1.0),
            r"bands: \[\(0.0, 8000.0\)\]; from 0 to infinity, each starts",
        ),
        (lambda: expected_payments(of(), BANDS[1:], 1.0), r"bands: .*; from 0 to infinity, each starts where the one"),
        (lambda: expected_payments(of(), BANDS, 0.0), r"scale: 1 of 1 values not positive and finite"),
        (
            lambda: expected_payments(of(tail_index=1.0), BANDS, 1.0),
            r"tail_index: 1 or below; the mean cost is infinite",
        ),
        (
            lambda: expected_payments(
                of(), [BandPayments(0.0, 9.0, {"own": line(1.0)}), BandPayments(9.0, inf, {})], 1.0
            ),
            r"bands: layers differ, \[\['own'\], \[\]\]",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(AssumptionError, match=message):
        call()
