"""A programme paid from outpatient assistance: persons exactly, errors by their moments."""

import numpy as np
import pytest
import xarray as xr

from actuarial.assistance.prevention import PARAMETERS, Prevention, prevention_draws, read_prevention
from actuarial.assumptions.policy import Dated, Policy
from actuarial.errors import AssumptionError
from actuarial.evaluation.cost_effectiveness import Programme

CITY = "339900"
VALUES = (0.3, 14_000, 0.7, 0.15, 12_000, 2_500, 0.5, 5_000)
DRAWS = 20_000


def policy(names: tuple[str, ...]) -> Policy:
    given: dict[str, float] = dict(zip(PARAMETERS, VALUES, strict=True))
    return Policy(CITY, {(CITY, "assistance", str(name), ""): (Dated(given[name], 2020, "test"),) for name in names})


def test_all_rows_or_none():
    assert read_prevention(policy(()), CITY, 2026) is None
    found = read_prevention(policy(PARAMETERS), CITY, 2026)
    assert found == Prevention(0.3, Programme(14_000, 0.7, 0.15, 12_000, 2_500, 0.5), 5_000)
    with pytest.raises(AssumptionError, match="no prevention_worth in force"):
        read_prevention(policy(PARAMETERS[:-1]), CITY, 2026)


def test_money_moved_pays_for_persons_and_errors_are_normal():
    """0.3 of 14 million at 14,000: 300 persons; net cost 2,000 (2,500) and 0.7 (0.15) admissions a person."""
    found = read_prevention(policy(PARAMETERS), CITY, 2026)
    assert found is not None
    spent = xr.DataArray(np.full(DRAWS, 14e6), dims="draw")
    drawn = prevention_draws(found, spent, np.random.default_rng(1)) / 300
    assert bool((drawn.sel(outcome="persons") == 1).all())
    cost, effect = drawn.sel(outcome="cost"), drawn.sel(outcome="effect")
    error = 4 / np.sqrt(DRAWS)
    assert abs(float(cost.mean()) - 2_000) < 2_500 * error
    assert abs(float(effect.mean()) - 0.7) < 0.15 * error
    # who avoids more admissions saves more: cost falls with effect; error of a correlation r is (1 - r^2) / sqrt(n)
    assert abs(float(xr.corr(cost, effect)) + 0.5) < 0.75 * error


def test_more_draws_keep_the_first_ones():
    found = read_prevention(policy(PARAMETERS), CITY, 2026)
    assert found is not None
    spent = xr.DataArray(np.linspace(1e6, 2e6, 50), dims="draw")
    few, many = (prevention_draws(found, spent[:count], np.random.default_rng(2)) for count in (20, 50))
    xr.testing.assert_identical(few, many.isel(draw=slice(0, 20)))
