"""Levels of benefits against the curves of the projection, fitted to a city where everyone follows the one region."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.benefit.curves import payments
from actuarial.experience.benefit_level import PAID_BY
from actuarial.experience.protection import fit_protection
from actuarial.tables import CityData
from tests.layered_city import layered_basis, layered_data, layers_of
from tests.tiny_city import CITY

EAST = "339901"


def with_own_rule(region: str) -> CityData:
    """A region, or all of the city, pays residents' tertiary inpatient care at half."""
    data = layered_data()
    rules = data.frames["benefits"]
    own = (rules["layer"] == "basic") & (rules["service"] == "inpatient") & (rules["tier"] == "tertiary")
    row = rules[own & (rules["parameter"] == "reimbursement_rate")].iloc[[0]]
    new = row.assign(region=region, scheme="resident", value=0.5, lower=0.0, upper=np.nan, row=999)
    return replace(data, frames={**data.frames, "benefits": pd.concat([rules, new], ignore_index=True)})


@cache
def own_levels() -> xr.DataArray:
    basis = layered_basis()
    with xr.set_options(arithmetic_join="exact"):
        layers = fit_protection(with_own_rule(EAST), basis.history, basis.policy, basis.years)
    assert layers is not None
    assert layers.levels is not None
    return layers.levels


def test_regions_that_follow_the_same_rules_have_no_levels():
    assert layers_of(layered_basis()).levels is None


def test_level_of_a_region_is_what_its_rules_would_pay_for_the_whole_city():
    """The curves of the city under the region's rule, at the cost of the base year, for all its persons together."""
    basis = layered_basis()
    with xr.set_options(arithmetic_join="exact"):
        everywhere = fit_protection(with_own_rule(CITY), basis.history, basis.policy, basis.years)
    assert everywhere is not None
    for region, layers in ((EAST, everywhere), ("339902", layers_of(basis))):
        one = payments(next(iter(layers.curves.values())), xr.DataArray(1.0))
        for fund, (scheme, names) in PAID_BY.items():
            labels = layers.persons["category"] if scheme == "all" else layers.persons["scheme"]
            own = ~labels.isin(["none", "all"]) if scheme == "all" else labels == scheme
            persons = layers.persons.isel(kind=own.values)
            paid = (one.sel(layer=list(names)).sum("layer").isel(kind=own.values) * persons).sum()
            # the curves are exact to a ten-thousandth of the mean cost at the highest scale
            np.testing.assert_allclose(own_levels().sel(region=region, fund=fund), paid / persons.sum(), rtol=1e-3)


def test_a_rule_that_pays_less_lowers_its_own_fund_and_raises_aid():
    levels = own_levels()
    east, west = levels.sel(region=EAST), levels.sel(region="339902")
    assert float(east.sel(fund="resident_pooled")) < float(west.sel(fund="resident_pooled"))
    assert float(east.sel(fund="assistance")) > float(west.sel(fund="assistance"))
    assert float(east.sel(fund="employee_pooled")) == float(west.sel(fund="employee_pooled"))
