"""What a manifest says of the layers and of assistance: the rules that pages need, and what stood in for others."""

from dataclasses import asdict

from actuarial.assistance.prevention import read_prevention
from actuarial.assistance.sharing import read_sharing
from actuarial.assumptions.basis import Basis
from actuarial.recognition import FOLLOWER

UNSPLIT = "all"
BENCHMARK = "reimbursement_benchmark"


def protection_record(basis: Basis) -> dict[str, object]:
    """Entries of the manifest.

    Returns
    -------
    recognition : what assisted persons follow, None where they stay as people draw them
    protection : None without layers; ``aid_by`` layers or members, ``unsplit`` schemes whose bands stand under category
        all, ``benefit_indexation`` by forecast year, ``follows_cost_from`` the first year in which amounts follow cost
    allocation, prevention : None where the policy table has no rows of them
    reimbursement_benchmark : value and year, or None
    """
    policy, place = basis.policy, (basis.city.code, basis.budget_year)
    sharing, prevention = read_sharing(policy, *place), read_prevention(policy, *place)
    return {
        "recognition": _recognition(basis),
        "protection": _protection(basis),
        "allocation": None if sharing is None else asdict(sharing),
        "prevention": None if prevention is None else asdict(prevention),
        BENCHMARK: _benchmark(basis),
    }


def _recognition(basis: Basis) -> dict[str, object] | None:
    layers, people = basis.layers, basis.people
    if layers is None or layers.burden is None or people.assisted_share is None:
        return None
    categories = people.assisted_share["category"].values.tolist()

    def stated(parameter: str, detail: str = "") -> float:
        return basis.policy.value(parameter, "assistance", basis.city.code, basis.last_year, detail)

    return {
        "review_income_share": stated("review_income_share"),
        "recognition_lag": stated("recognition_lag"),
        "lookback": {name: float(layers.burden.lookback.sel(category=name)) for name in categories},
        "exit_rate": {name: stated("assisted_exit_rate", name) for name in categories},
        "removal_lag": {name: stated("removal_lag", name) for name in categories},
        "follows_burden": FOLLOWER if FOLLOWER in categories else None,
    }


def _protection(basis: Basis) -> dict[str, object] | None:
    if basis.layers is None:
        return None
    kinds = basis.layers.kinds
    unsplit = kinds["scheme"].values[kinds["category"].values == UNSPLIT].tolist()
    rates = [basis.policy.value("benefit_indexation", "all", basis.city.code, year) for year in basis.years.tolist()]
    response = basis.layers.response
    return {
        "aid_by": "layers" if basis.layers.has_assisted else "members",
        "unsplit": list(dict.fromkeys(unsplit)),
        "benefit_indexation": dict(zip(map(str, basis.years.tolist()), rates, strict=True)),
        "follows_cost_from": None if response is None else int(response["year"].values[response.values > 0][0]),
    }


def _benchmark(basis: Basis) -> dict[str, float] | None:
    """Share of the bills of assisted persons that was paid elsewhere, to set the city's beside."""
    if not basis.policy.holds(BENCHMARK, "assistance"):
        return None
    found = basis.policy.dated(BENCHMARK, "assistance", basis.city.code, basis.budget_year)
    return {"value": found.value, "year": found.from_year}
