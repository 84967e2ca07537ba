"""The table of benefit rules as the model reads it."""

from dataclasses import replace

import numpy as np
import pytest

from actuarial.assumptions.benefits import read_benefits
from actuarial.errors import AssumptionError
from actuarial.tables import CityData
from tests.tiny_city import BENEFITS, CITY


def test_every_rule_is_read_once(protected_data: CityData):
    rules = read_benefits(protected_data)
    assert len(rules) == len(BENEFITS) + 2
    assert rules["row"].sort_values().tolist() == list(range(2, len(BENEFITS) + 4))


def test_empty_cells_say_from_the_first_and_without_end(protected_data: CityData):
    rules = read_benefits(protected_data)
    rates = rules[(rules["layer"] == "critical") & (rules["parameter"] == "reimbursement_rate")]
    ends = rates[["lower", "upper", "value"]].to_numpy()
    np.testing.assert_array_equal(ends, [[0, 30_000, 0.6], [30_000, np.inf, 0.7]])
    cap = rules[(rules["parameter"] == "cap") & (rules["service"] == "chronic")].iloc[0]
    assert (cap["admission"], cap["lower"], cap["upper"], cap["value"]) == (1, 0, np.inf, 8000)


def test_deductibles_stand_in_the_order_of_admissions(protected_data: CityData):
    rules = read_benefits(protected_data)
    own = rules[(rules["parameter"] == "deductible") & (rules["tier"] == "tertiary")]
    assert own[["admission", "value"]].to_numpy().tolist() == [[1, 800], [2, 400]]


def test_folder_without_rules_is_named(protected_data: CityData):
    frames = {name: frame for name, frame in protected_data.frames.items() if name != "benefits"}
    with pytest.raises(AssumptionError) as refused:
        read_benefits(replace(protected_data, frames=frames))
    assert str(refused.value) == f"benefits: the folder of {CITY} has no such table; add benefits.csv"
