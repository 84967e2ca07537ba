"""Why one region's mean differs from another's: what its people are like, and how the outcome answers to that.

Two linear regressions, one a region; the gap of the means splits into endowments (other covariates, answered to as in
the second region), coefficients (another answer to the second region's covariates) and their interaction.
"""

import numpy as np
import xarray as xr
from statsmodels.stats.oaxaca import OaxacaBlinder

from actuarial.errors import AssumptionError, SchemaError

EFFECTS = ("endowments", "coefficients", "interaction")


def regional_gap(outcome: xr.DataArray, covariates: xr.DataArray, first: str, second: str) -> xr.Dataset:
    """Oaxaca and Blinder's three effects in the gap between the means of two regions, first less second.

        gap = (x1 - x2)' b2  +  x2' (b1 - b2)  +  (x1 - x2)' (b1 - b2)

    Parameters
    ----------
    outcome : (unit,), any unit, with the coord ``region`` along ``unit``; other regions are left out
    covariates : (unit, covariate), without a constant, which is added; indicators leave out one of their group

    Returns
    -------
    gap : unit of the outcome
    value, standard_error : (effect,), endowments, coefficients, interaction; covariates taken as sampled too
    endowment : (covariate,), what each covariate adds to the endowments

    Raises
    ------
    SchemaError
        If a value is missing.
    AssumptionError
        If a region has too few units for the covariates, or covariates that depend on one another there.

    Source
    ------
    Oaxaca (1973), International Economic Review 14(3); Blinder (1973), Journal of Human Resources 8(4). Three effects
    and their errors: Jann (2008), Stata Journal 8(4).
    """
    for name, values in (("outcome", outcome), ("covariates", covariates)):
        if not bool(xr.ufuncs.isfinite(values).all()):
            raise SchemaError(f"regional gap: a value of the {name} is missing; leave the unit out or complete it")
    label = outcome["region"].values
    table = covariates.transpose("unit", "covariate").values
    for region in (first, second):
        _check_rank(region, table[label == region])
    kept = (label == first) | (label == second)
    design = np.column_stack([label[kept] == second, table[kept]]).astype(float)
    model = OaxacaBlinder(outcome.values[kept], design, 0, hasconst=False, swap=False)
    values = model.three_fold().params
    errors = _standard_errors(model, table[label == first], table[label == second])
    step = (model.exog_f_mean - model.exog_s_mean) * model._s_model.params
    return xr.Dataset(
        {
            "gap": ((), float(values[3])),
            "value": ("effect", np.array(values[:3], float)),
            "standard_error": ("effect", errors),
            "endowment": ("covariate", step[:-1]),  # the constant stands last and is the same in both
        },
        coords={"effect": list(EFFECTS), "covariate": covariates["covariate"].values},
    )


def _standard_errors(model: OaxacaBlinder, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Root of the variance of each effect to first order: of the coefficients and of the means of the covariates.

    Of a product x' b of independent estimates: x' V(b) x + b' V(x) b.
    """

    def of_means(table: np.ndarray) -> np.ndarray:
        full = np.column_stack([table, np.ones(len(table))])
        return np.atleast_2d(np.cov(full, rowvar=False)) / len(full)

    means, other = model.exog_f_mean - model.exog_s_mean, model.exog_s_mean
    answers, change = model._s_model.params, model._f_model.params - model._s_model.params
    of_answers = model._s_model.cov_params()
    of_change = model._f_model.cov_params() + of_answers
    of_other, of_gap = of_means(second), of_means(first) + of_means(second)
    variances = [
        means @ of_answers @ means + answers @ of_gap @ answers,
        other @ of_change @ other + change @ of_other @ change,
        means @ of_change @ means + change @ of_gap @ change,
    ]
    return np.sqrt(np.array(variances))


def _check_rank(region: str, table: np.ndarray) -> None:
    full = np.column_stack([table, np.ones(len(table))])
    needed = full.shape[1] + 1
    if len(full) < needed:
        raise AssumptionError(
            f"regional gap: region {region!r} has {len(full)} units; {table.shape[1]} covariates need {needed}"
        )
    if np.linalg.matrix_rank(full) < full.shape[1]:
        raise AssumptionError(
            f"regional gap: covariates of region {region!r} depend on one another or do not vary; leave one out"
        )
