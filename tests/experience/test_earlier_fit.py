import numpy as np
import pymc as pm
import pytest
import xarray as xr

from actuarial.experience.earlier_fit import Earlier, lengthened, starting_from
from actuarial.experience.sampling import CompiledModel

POINTS = xr.Dataset(
    {
        "drift": ("point", [0.1, 0.2]),
        "step": (("point", "step_dim_0"), [[1.0, 2.0], [3.0, 4.0]]),
        "size": (("point", "effect"), [[5.0], [6.0]]),
    },
    coords={"effect": ["epidemic"]},
)
RECORD = {"years": [2018, 2020], "ages": [0, 45], "covariates": ["epidemic"]}
LABELS = {"ages": [0, 45], "covariates": ["epidemic"]}
AHEAD: dict[str, str | float] = {"step": "drift"}


def model(steps: int, effects: int = 1) -> CompiledModel:
    """Only the shapes of what is sampled are read, so no machine code is needed."""
    with pm.Model() as made:
        drift = pm.Normal("drift")
        step = pm.Normal("step", drift, shape=steps)
        pm.Deterministic("level", step.cumsum())
        pm.Normal("size", shape=effects)
    return CompiledModel(made, None)


def test_year_more_goes_on_with_what_is_said_of_it():
    by_quantity, by_value = (lengthened(POINTS, {"step": (4, value)}) for value in ("drift", 0.0))
    np.testing.assert_array_equal(by_quantity["step"], [[1, 2, 0.1, 0.1], [3, 4, 0.2, 0.2]])
    np.testing.assert_array_equal(by_value["step"], [[1, 2, 0, 0], [3, 4, 0, 0]])
    np.testing.assert_array_equal(by_quantity["size"], POINTS["size"])


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_points_fit_the_longer_model_and_the_record_names_the_fit(steps):
    points, record = starting_from(Earlier("abc", RECORD, POINTS), LABELS, 2018, AHEAD, model(steps))
    assert record == {"fit": "abc", "reason": ""}
    assert points is not None
    assert {str(name): part.shape for name, part in points.data_vars.items()} == {
        "drift": (2,),
        "step": (2, steps),
        "size": (2, 1),
    }


@pytest.mark.parametrize(
    ("earlier", "first", "shape", "reason"),
    [
        (None, 2018, (3, 1), "no earlier fit of this city"),
        (Earlier("abc", {**RECORD, "ages": [0, 60]}, POINTS), 2018, (3, 1), "fit abc: ages differ"),
        (Earlier("abc", {"years": [2018, 2020], "ages": [0, 45]}, POINTS), 2018, (3, 1), "fit abc: covariates differ"),
        (Earlier("abc", RECORD, POINTS), 2019, (3, 1), "fit abc: its history starts in 2018"),
        (Earlier("abc", RECORD, POINTS), 2018, (3, 2), "fit abc: size has another shape"),
        (Earlier("abc", RECORD, POINTS), 2018, (1, 1), "fit abc: step has another shape"),
        (Earlier("abc", RECORD, POINTS.drop_vars("size")), 2018, (3, 1), "fit abc: size has another shape"),
    ],
)
def test_points_of_another_model_are_not_used_and_the_record_says_why(earlier, first, shape, reason):
    found = starting_from(earlier, LABELS, first, AHEAD, model(*shape))
    assert found == (None, {"fit": "", "reason": reason})
