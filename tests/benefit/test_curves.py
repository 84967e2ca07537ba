from math import inf

import numpy as np
import pytest
import xarray as xr
from hypothesis import Phase, given, settings
from scipy.interpolate import CubicHermiteSpline

from actuarial.benefit.curves import Curves, payment_curves, payments, scale_of, side_by_side, total_payments
from actuarial.benefit.expectation import expected_payments
from actuarial.benefit.layers import LAYERS, BandPayments, band_payments
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity, mean
from tests.benefit.ruled import PATTERNS, rules_of
from tests.spending.test_severity import of, plain, severities

BASIC = LAYERS[:3]
RANGE = (0.3, 8.0)
BANDS = {category: band_payments(rules_of(category), PATTERNS) for category in ("none", "subsistence")}
FORMS = {
    "log_normal": plain(8.1, 1.5, 0.07),
    "spliced": of(),
    "heavy": of(tail_index=1.4, threshold=1e4, tail_share=0.1),
}


def curves_of(severity: Severity, category: str = "subsistence", cells: int = 200, tolerance: float = 1.0) -> Curves:
    return payment_curves(severity, BANDS[category], *RANGE, cells, tolerance)


WHOLE = curves_of(of())
REGIONS = side_by_side({"330201": WHOLE, "330213": curves_of(FORMS["log_normal"])}, "region")
BOTH = side_by_side(
    {"none": side_by_side({"330201": curves_of(of(), "none"), "330213": WHOLE}, "region"), "poor": REGIONS}, "group"
)


def spread(count: int, seed: int = 5) -> xr.DataArray:
    """Scales all over the range, its ends among them."""
    low, high = np.log(RANGE)
    inner = np.exp(np.random.default_rng(seed).uniform(low, high, count - 2))
    return xr.DataArray([RANGE[0], *inner, RANGE[1]], dims="draw")


SORTED = xr.DataArray(np.sort(spread(2_000).values), dims="draw")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("cells", [60, 400])
def test_between_nodes_the_error_is_the_one_that_is_stated(name, cells):
    curves = curves_of(FORMS[name], cells=cells)
    scale = spread(4_000)
    gap = abs(payments(curves, scale) - expected_payments(FORMS[name], BANDS["subsistence"], scale)["payment"])
    # A layer's digits are those of the mean cost, as in the closed form.
    rounding = 1e-12 * RANGE[1] * mean(FORMS[name])
    assert (gap.max("draw") <= curves.error + rounding).all()


def test_cells_half_as_wide_are_sixteen_times_as_exact_where_the_density_is_smooth():
    one = [BandPayments(0.0, inf, BANDS["none"][1].payments)]
    few, many = (
        payment_curves(FORMS["log_normal"], one, *RANGE, cells, 1.0).error.max().item() for cells in (200, 400)
    )
    assert few / many == pytest.approx(16, rel=0.05)  # a Hermite cubic is of order 4; the next term is what 5% is for


def test_at_the_nodes_the_curve_is_the_closed_form():
    nodes = WHOLE.nodes.rename(node="draw")
    expected = expected_payments(of(), BANDS["subsistence"], nodes)["payment"]
    np.testing.assert_allclose(payments(WHOLE, nodes), expected.transpose("draw", "layer"), rtol=1e-9, atol=1e-9)


def test_the_cubic_is_that_of_scipy():
    scale, nodes = spread(500), WHOLE.nodes.rename(node="draw")
    at_nodes = expected_payments(of(), BANDS["subsistence"], nodes).transpose("draw", "layer")
    theirs = CubicHermiteSpline(nodes.values, at_nodes["payment"].values, at_nodes["slope"].values)(scale.values)
    np.testing.assert_allclose(payments(WHOLE, scale), theirs, rtol=1e-11, atol=1e-9)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(severity=severities)
def test_layers_add_up_to_the_mean_cost_between_nodes_too(severity):
    curves = curves_of(severity, cells=40, tolerance=np.inf)
    scale = spread(50)
    cost = payments(curves, scale).sum("layer")
    np.testing.assert_allclose(cost, scale * mean(severity), rtol=1e-12)


@pytest.mark.parametrize("name", FORMS)
def test_dearer_care_is_never_less_for_the_person_nor_for_all_public_layers(name):
    found = payments(curves_of(FORMS[name]), SORTED)
    for layers in (BASIC, LAYERS[:6], ["own"]):
        assert (found.sel(layer=list(layers)).sum("layer").diff("draw") >= 0).all()


def test_labels_of_scale_and_curves_are_matched():
    scale = xr.DataArray(
        [[[1.0, 1.1], [1.2, 1.3]]],
        {"draw": [0], "region": ["330201", "330213"], "year": [2026, 2027]},
        ("draw", "region", "year"),
    )
    found = payments(BOTH, scale)
    assert set(found.dims) == {"draw", "region", "year", "group", "layer"}
    assert found.attrs["units"] == "yuan/person-year"
    alone = payments(curves_of(FORMS["log_normal"]), xr.DataArray([1.3], dims="draw")).isel(draw=0)
    same = found.sel(draw=0, region="330213", year=2027, group="poor")
    np.testing.assert_allclose(same, alone, rtol=1e-14)
    with pytest.raises(ValueError, match="join='exact'"):
        payments(BOTH, scale.isel(region=[0]))


def test_totals_are_the_payments_of_all_persons():
    rng = np.random.default_rng(3)
    coords = {"region": ["330201", "330213"], "group": ["none", "poor"]}
    scale = xr.DataArray(rng.uniform(0.5, 5, (7, 2, 3)), {"region": coords["region"]}, ("draw", "region", "year"))
    persons = xr.DataArray(rng.uniform(1, 9, (7, 2, 2, 3)), coords, ("draw", "region", "group", "year"))
    found = total_payments(BOTH, scale, persons, "group")
    assert found.dims == ("draw", "region", "year", "layer")
    assert found.attrs["units"] == "yuan"
    expected = (payments(BOTH, scale) * persons).sum("group").transpose(*found.dims)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    own_scale = scale * xr.DataArray([1.0, 1.4], {"group": coords["group"]}, "group")
    found = total_payments(BOTH, own_scale, persons, "group")
    expected = (payments(BOTH, own_scale) * persons).sum("group").transpose(*found.dims)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("name", FORMS)
def test_the_scale_of_a_payment_is_the_one_it_was_paid_at(name):
    curves, scale = curves_of(FORMS[name]), spread(1_000)
    basic = payments(curves, scale).sel(layer=list(BASIC)).sum("layer")
    found = scale_of(curves, BASIC, basic)
    # Where the caps of nearly all are reached basic payments grow a tenth as fast as cost.
    np.testing.assert_allclose(found, scale, rtol=1e-11)


def test_scales_of_groups_stand_side_by_side():
    wanted = xr.DataArray([2_000.0, 3_500.0], {"year": [2026, 2027]}, "year")
    found = scale_of(BOTH, BASIC, wanted)
    assert set(found.dims) == {"group", "region", "year"}
    again = payments(BOTH, found).sel(layer=list(BASIC)).sum("layer")
    np.testing.assert_allclose(again, wanted.broadcast_like(again), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: payments(WHOLE, xr.DataArray([1.0, 9.0, 8.5], {"year": [2026, 2027, 2028]}, "year")),
            r"scale: 2 of 3 values .* 0.3 to 8 of the curves; first at \{'year': 2027\}: 9; widen the range",
        ),
        (
            lambda: payments(WHOLE, xr.DataArray(np.nan)),
            r"scale: 1 of 1 values outside of the range .* first at \{\}: nan",
        ),
        (
            lambda: total_payments(BOTH, xr.DataArray(0.2), xr.DataArray(1.0), "group"),
            r"scale: 1 of 1 values outside of the range 0.3 to 8 of the curves; first at \{\}: 0.2; widen the range",
        ),
        (
            lambda: curves_of(of(), cells=5, tolerance=0.01),
            r"cells: 5 between the scales 0.3 and 8 leave an error of .*more",
        ),
        (
            lambda: payment_curves(of(), BANDS["none"], 2.0, 1.0, 9, 1.0),
            r"scale: 9 cells from 2 to 1; give a positive, ris",
        ),
        (
            lambda: scale_of(WHOLE, BASIC, xr.DataArray(1e6)),
            r"payment: 1 of 1 values outside of what layers .* the scales 0.3 and 8, .*: 1e\+06; widen the range",
        ),
        (
            lambda: scale_of(curves_of(of(zero_share=1.0)), BASIC, xr.DataArray(0.0)),
            r"what they pay does not rise with the scale everywhere, so that there is no one root; leave out groups",
        ),
        (
            lambda: side_by_side({"one": WHOLE, "two": curves_of(of(), cells=100)}, "region"),
            r"curves of region 'two': other nodes than the first; give all the same range and cells",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(AssumptionError, match=message):
        call()
