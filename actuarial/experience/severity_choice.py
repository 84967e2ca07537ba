"""Which form of a person's yearly cost earns its parameters, and draws of those of the form taken."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.severity import SeverityFit
from actuarial.experience.severity_bands import places
from actuarial.spending.severity import PARAMETERS, Severity

COUNTS = ("log_likelihood", "parameters", "persons")


def choose(
    fits: Sequence[SeverityFit], together: Sequence[str] = (), met: Sequence[xr.DataArray] | None = None
) -> tuple[SeverityFit, xr.DataArray]:
    """Of several forms fitted to the same data, the one of the smallest Schwarz criterion.

    Nearly all persons stand in the body and nearly all of the likelihood with them: a form may be likely and yet miss
    the cost far out. ``met`` leaves such forms out.

    Parameters
    ----------
    together : dims whose groups take the same form, by the sum of their criteria
    met : by form, (...,), whether it may be taken at all, as ``is_met`` says; all may where it is not given

    Returns
    -------
    fit : (...,), of the form taken
    criterion : (..., form), -2 log likelihood + parameters x log persons with cost; ``form`` is labelled by the
        threshold, infinite for the log-normal alone

    Raises
    ------
    AssumptionError
        If no form may be taken.

    Source
    ------
    Schwarz (1978), Annals of Statistics 6(2). A threshold counts as a parameter: own choice, since it is looked for.
    """
    form = [float(fit.severity.threshold.max()) for fit in fits]
    each = [-2 * fit.log_likelihood + fit.parameters * xr.ufuncs.log(fit.persons) for fit in fits]
    criterion = xr.concat(each, dim="form").assign_coords(form=form).transpose(..., "form")
    barred = criterion if met is None else criterion.where(_side_by_side(met, form), np.inf)
    none = xr.ufuncs.isinf(barred.sum(list(together))).all("form")
    if bool(none.any()):
        raise AssumptionError(
            f"severity: no form of thresholds {form} meets persons and cost far out, first {places(none)}; "
            "try other thresholds, add groups together, or allow more"
        )
    best = barred.sum(list(together)).argmin("form") + xr.zeros_like(each[0], dtype=int)
    severity = [xr.Dataset({name: getattr(fit.severity, name) for name in PARAMETERS}) for fit in fits]
    counts = [xr.Dataset({name: getattr(fit, name) for name in COUNTS}) for fit in fits]
    parts = (severity, [fit.errors for fit in fits], counts)
    taken, errors, others = (xr.concat(part, "form").isel(form=best) for part in parts)
    distribution = Severity(*(taken[name] for name in PARAMETERS))
    return SeverityFit(distribution, errors, *(others[name] for name in COUNTS)), criterion


def _side_by_side(met: Sequence[xr.DataArray], form: list[float]) -> xr.DataArray:
    return xr.concat(met, dim="form").assign_coords(form=form)


def sample_parameters(fit: SeverityFit, n: int, rng: np.random.Generator) -> Severity:
    """Draws of the distribution, as far as the data leave it open; (draw, ...). The form is not in doubt in them.

    The logarithm of the middle cost and of its spread are normal together, the logarithm of the tail index is normal;
    shares are beta, with half a person added on either side.

    Source
    ------
    Gelman et al. (2013), Bayesian Data Analysis, chapter 4 (normal approximation), section 2.8 (Jeffreys).
    """
    truth, errors = fit.severity, fit.errors

    def normal() -> xr.DataArray:
        shape = fit.persons.shape
        return xr.DataArray(rng.standard_normal((n, *shape)), fit.persons.coords, ("draw", *fit.persons.dims))

    def share(value: xr.DataArray, number: xr.DataArray) -> xr.DataArray:
        first, second = (part.values + 0.5 for part in (value * number, (1 - value) * number))
        return xr.DataArray(rng.beta(first, second, (n, *value.shape)), value.coords, ("draw", *value.dims))

    one, two, three = normal(), normal(), normal()
    with_other = errors["correlation"] * one + (1 - errors["correlation"] ** 2) ** 0.5 * two
    has_tail = xr.ufuncs.isfinite(truth.threshold)
    relative = errors["tail_index"] / truth.tail_index.where(has_tail, 1.0)
    return Severity(
        share(truth.zero_share, fit.persons / (1 - truth.zero_share)),
        truth.log_mean + errors["log_mean"] * one,
        truth.log_spread * xr.ufuncs.exp(errors["log_spread"] / truth.log_spread * with_other),
        truth.threshold,
        share(truth.tail_share, fit.persons).where(has_tail, 0.0),
        truth.tail_index * xr.ufuncs.exp(relative * three),
    )
