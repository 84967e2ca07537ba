import numpy as np
import pytest
import statsmodels.api as sm

from actuarial.demography.reversion import fit_reversion, returning, yearly_reversion
from actuarial.errors import AssumptionError
from tests.demography.two_sexes import by_group


def test_persistence_is_the_regression_through_the_origin():
    """4, 2, 2, 1: 14 / 24 = 7 / 12; what is left, -1/3, 5/6, -1/6, has variance 5 / 12."""
    values = [4.0, 2.0, 2.0, 1.0]
    reversion = fit_reversion(by_group([values], np.arange(2000, 2004)))
    np.testing.assert_allclose([reversion.persistence.item(), reversion.covariance.item()], [7 / 12, 5 / 12])
    peer = sm.OLS(values[1:], values[:-1]).fit()
    np.testing.assert_allclose(reversion.persistence_error, peer.bse, rtol=1e-12)
    assert not reversion.is_held.item()


def test_yearly_shocks_add_up_to_those_of_a_step():
    """Of steps of five years: the persistence to the fifth, and the shocks of five years, each as far as it is left."""
    reversion = fit_reversion(by_group([[4.0, 2.0, 2.0, 1.0], [1.0, 0.8, 0.1, 0.4]], np.arange(2000, 2020, 5)))
    last, persistence, root = yearly_reversion(reversion)
    np.testing.assert_allclose(last, [1.0, 0.4])
    np.testing.assert_allclose(persistence**5, reversion.persistence, rtol=1e-12)
    decay = persistence ** np.arange(5)[:, None]
    summed = sum((root @ root.T) * np.outer(year, year) for year in decay)
    np.testing.assert_allclose(summed, reversion.covariance, rtol=1e-10)


def test_index_halves_in_every_year():
    path = returning(np.array([8.0]), np.array([0.5]), np.arange(1, 4))
    np.testing.assert_allclose(path, [[2.0 - 4.0, 1.0 - 4.0]])


def test_index_of_zero_is_held():
    reversion = fit_reversion(by_group([[0.0] * 4], np.arange(2000, 2004)))
    assert reversion.is_held.all()
    last, persistence, root = yearly_reversion(reversion)
    assert (last.item(), persistence.item(), root.item()) == (0, 0, 0)


def test_uneven_years_are_refused():
    uneven = by_group([[4.0, 2.0, 2.0, 1.0]], np.array([2000, 2001, 2002, 2004]))
    with pytest.raises(AssumptionError, match=r"equally far apart, found \[2000, 2001, 2002, 2004\]"):
        fit_reversion(uneven)
