"""Effects and indices against closed forms, and factors against the arithmetic of a change."""

import numpy as np
import pytest
import xarray as xr

from actuarial.stress.sensitivity import (
    Range,
    design,
    fit_surrogate,
    one_at_a_time,
    one_at_a_time_effect,
    range_factors,
    sobol_indices,
)

YEARS = np.arange(2026, 2030)


def a_range(name: str, quantity: str, operation: str, low: float, high: float, scheme: str = "employee") -> Range:
    return Range(name, "名", "name", scheme, quantity, operation, 2027, 2028, low, high, "test")


WAGES = a_range("wages", "contribution_base", "growth", -0.02, 0.02)
COST = a_range("cost", "spending", "multiply", 0.9, 1.2, "all")


def test_factors_of_a_case_are_those_of_its_values():
    table = range_factors((WAGES, COST), np.array([[0.02, 1.0], [0.0, 0.9]]), YEARS)
    first = table.isel(draw=0).sel(quantity="contribution_base", scheme="employee")
    np.testing.assert_allclose(first, [1, 1.02, 1.02**2, 1.02**2])
    np.testing.assert_allclose(table.isel(draw=1).sel(quantity="spending", scheme="resident"), [1, 0.9, 0.9, 1])
    assert (table.sel(quantity="births") == 1).all()


def test_effects_of_a_linear_outcome_are_slope_times_distance_and_add_up():
    """y = 3 + 100 wages - 20 (cost - 1): both at the high end together move it by the sum of the two alone."""
    ranges, slope, neutral = (WAGES, COST), np.array([100.0, -20.0]), np.array([0.0, 1.0])
    values = np.vstack([one_at_a_time(ranges), [0.02, 1.2]])
    outcome = xr.DataArray(3 + (values - neutral) @ slope, dims="draw")
    effect = one_at_a_time_effect(ranges, outcome.isel(draw=slice(0, -1)))
    np.testing.assert_allclose(effect.sel(sensitivity="wages"), [-2, 2], rtol=1e-12)
    np.testing.assert_allclose(effect.sel(sensitivity="cost"), [2, -4], rtol=1e-12)
    together = float(outcome[-1] - outcome[0])
    assert together == pytest.approx(float(effect.sel(bound="high").sum()), rel=1e-12)


def test_indices_of_the_ishigami_function_are_its_closed_form():
    """Ishigami & Homma (1990), a = 7, b = 0.1: first .3139, .4424, 0; total .5576, .4424, .2437."""
    bounds = np.array([[-np.pi, np.pi]] * 3)

    def ishigami(x: np.ndarray) -> xr.DataArray:
        return xr.DataArray(np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2, dims="draw")

    found = sobol_indices(bounds, ishigami, 4096, np.random.default_rng(5))
    for kind, expected in {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}.items():
        error = found.sel(index=f"{kind}_error")
        # four standard errors: the stated half width is 1.96 of them
        assert (abs(found.sel(index=kind) - list(expected)) <= error * 4 / 1.96 + 5e-5).all()
        assert float(error.max()) < 0.08


def test_outcome_that_does_not_move_has_no_indices():
    def constant(x: np.ndarray) -> xr.DataArray:
        return xr.DataArray(np.full(len(x), 7.0), dims="draw")

    assert sobol_indices(np.array([[0.0, 1.0]] * 2), constant, 64, np.random.default_rng(1)).isnull().all()


def test_surrogate_of_a_polynomial_is_the_polynomial():
    bounds, rng = np.array([[0.0, 2.0], [-1.0, 3.0], [5.0, 6.0]]), np.random.default_rng(3)

    def outcome(x: np.ndarray) -> xr.DataArray:
        columns = [x[:, 0] ** 3 - x[:, 1] * x[:, 2], 2 * x[:, 2] ** 2 + 1]
        return xr.DataArray(np.stack(columns, 1), {"fund": ["a", "b"]}, ("draw", "fund"))

    values = design(bounds, 32, 16, rng)
    assert ((values >= bounds[:, 0]) & (values <= bounds[:, 1])).all()
    surrogate = fit_surrogate(bounds, values, outcome(values), 32)
    elsewhere = bounds[:, 0] + rng.random((50, 3)) * np.diff(bounds).T
    # least squares with 13 terms of order one
    np.testing.assert_allclose(surrogate(elsewhere), outcome(elsewhere), rtol=1e-9)
    assert float(surrogate.error.max()) < 1e-9


def test_surrogate_tells_how_far_it_misses():
    """A step is no polynomial: some unseen point is missed by more than a tenth of the standard deviation."""
    bounds, rng = np.array([[0.0, 1.0]] * 2), np.random.default_rng(3)
    values = design(bounds, 32, 64, rng)
    step = xr.DataArray((values[:, 0] > 0.5).astype(float), dims="draw")
    assert float(fit_surrogate(bounds, values, step, 32).error) > 0.1


def test_more_terms_than_points_are_refused():
    with pytest.raises(ValueError, match=r"^16 points for the polynomial of 4 inputs$"):
        design(np.array([[0.0, 1.0]] * 4), 16, 4, np.random.default_rng(1))
