"""Cost out of scope: by hand from the patterns of care and the mean cost of the bands."""

from math import inf

import pytest
import xarray as xr

from actuarial.experience.city_severity import fit_city_severity, member_severity
from actuarial.experience.kinds import Kind, kind_severity
from actuarial.payers import payers_views
from actuarial.spending.severity import partial_moment
from tests.layered_city import IN_SCOPE, central_payers, decided_basis, decided_data, layered_basis, layers_of
from tests.tiny_city import CARE


def test_by_hand_from_patterns_and_bands():
    """A yuan in scope at a tier with the share s goes with 1 / s - 1 out of it; the same for all services here."""
    severity = kind_severity(member_severity(fit_city_severity(decided_data())), Kind("resident", "destitute", "60+"))
    ends = {0: 10_000, 10_000: inf}
    parts = [
        share * (1 / IN_SCOPE[tier] - 1) * partial_moment(severity, 1, lower, ends[lower])
        for lower, tier, *_, share in CARE
    ]
    wanted = sum(parts[1:], start=parts[0])
    found = layers_of(decided_basis()).out_of_scope
    assert found is not None
    own = found.sel(kind="resident destitute 60+", drop=True)
    # sums of the same five terms
    xr.testing.assert_allclose(own.reset_coords(drop=True), wanted.reset_coords(drop=True), rtol=1e-12)


def test_paid_share_of_all_cost_lies_between_those_of_the_tiers():
    """Rates of the rules times a share in scope that no tier is below or above; nothing is paid of the rest."""
    with xr.set_options(arithmetic_join="exact"):
        views = payers_views(central_payers(decided_basis()))
    ratio = views["actual_region"] / views["reimbursed_region"]
    assert float(ratio.min()) > IN_SCOPE["tertiary"]
    assert float(ratio.max()) < IN_SCOPE["primary"]


def test_table_that_does_not_say_what_is_in_scope_gives_none():
    assert layers_of(layered_basis()).out_of_scope is None
    with xr.set_options(arithmetic_join="exact"):
        assert "actual_city" not in payers_views(central_payers(layered_basis()))


@pytest.mark.parametrize("kind", ["employee all 60+", "resident none 0-59"])
def test_every_kind_has_its_cost(kind):
    found = layers_of(decided_basis()).out_of_scope
    assert found is not None
    assert bool((found.sel(kind=kind) > 0).all())
