import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.assistance.need import KINDS, assistance_need, enrolment_support, total_need
from actuarial.errors import AssumptionError, SchemaError
from actuarial.schema import CATEGORIES

YEARS, REGIONS = [2026, 2027], ["a", "b"]
PER_PERSON = ("region", "category", "year")


def by_category(values) -> xr.DataArray:
    return xr.DataArray(values, dims="category", coords={"category": list(CATEGORIES)})


def table(values) -> xr.DataArray:
    full = np.broadcast_to(values, (2, 4, 2)).astype(float)
    return xr.DataArray(full, dims=PER_PERSON, coords={"region": REGIONS, "category": list(CATEGORIES), "year": YEARS})


def in_draws(values: np.ndarray) -> xr.DataArray:
    coords = {"region": REGIONS, "category": list(CATEGORIES), "year": YEARS}
    return xr.DataArray(values, dims=("draw", *PER_PERSON), coords=coords)


CONTRIBUTION = xr.DataArray(
    [[400.0, 430.0], [380.0, 400.0]], dims=("region", "year"), coords={"region": REGIONS, "year": YEARS}
)
LEAST = by_category([1.0, 1.0, 0.5, 0.5])


def test_poor_are_enrolled_in_full_and_near_poor_by_half():
    support = enrolment_support(CONTRIBUTION, LEAST, LEAST)
    assert support.dims == PER_PERSON
    assert support.sel(region="a", year=2026).values.tolist() == [400, 400, 200, 200]


def test_need_by_hand():
    """1,000 destitute: 400,000 enrolment, 800 recognised x (1,500 + 200 + 50) = 1,400,000."""
    insured = in_draws(np.full((1, 2, 4, 2), 1000.0))
    need = assistance_need(
        insured, 0.8 * insured, enrolment_support(CONTRIBUTION, LEAST, LEAST), table(1500), table(200), table(50)
    )
    assert need.dims == ("draw", "region", "category", "kind", "year")
    one = need.isel(draw=0).sel(region="a", category="destitute", year=2026)
    assert dict(zip(one["kind"].values.tolist(), one.values.tolist(), strict=True)) == {
        "subsidised_enrolment": 400_000.0,
        "direct_aid": 1_200_000.0,
        "safety_net": 160_000.0,
        "temporary_relief": 40_000.0,
    }
    assert tuple(need["kind"].values) == KINDS


POSITIVE = arrays(float, (3, 2, 4, 2), elements=st.floats(0, 1e6))


@settings(max_examples=20)
@given(POSITIVE, POSITIVE, st.floats(0, 10))
def test_need_is_proportional_to_persons_and_adds_over_categories(insured, persons, factor):
    amounts = [table(value) for value in (400, 1500, 200, 50)]
    need = total_need(assistance_need(in_draws(insured), in_draws(persons), *amounts))
    scaled = total_need(assistance_need(factor * in_draws(insured), factor * in_draws(persons), *amounts))
    np.testing.assert_allclose(scaled, factor * need, rtol=1e-12)
    whole = 400 * in_draws(insured).sum("category") + 1750 * in_draws(persons).sum("category")
    np.testing.assert_allclose(need, whole, rtol=1e-12)


def test_contribution_paid_below_the_rules_is_refused():
    with pytest.raises(AssumptionError) as refusal:
        enrolment_support(CONTRIBUTION, by_category([1.0, 1.0, 0.4, 0.5]), LEAST)
    assert (
        str(refusal.value) == "subsidised enrolment: near_poor: a share of 0.4 is paid; the rules ask for 0.5 at least"
    )
    with pytest.raises(AssumptionError, match=r"a share of 1\.1 is paid; the limit is 1"):
        enrolment_support(CONTRIBUTION, by_category([1.1, 1.0, 0.5, 0.5]), LEAST)


def test_missing_aid_is_refused_with_its_place():
    persons = in_draws(np.ones((1, 2, 4, 2)))
    gap = table(100.0)
    gap = gap.where((gap["category"] != "near_poor") | (gap["year"] != 2027))
    with pytest.raises(SchemaError, match=r"direct_aid: 2 of 16 values .* 'category': 'near_poor', 'year': 2027"):
        assistance_need(persons, persons, table(1), gap, table(1), table(1))
