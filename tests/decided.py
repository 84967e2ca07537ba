"""A basis with other policy values than its folder's."""

from dataclasses import replace

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import Dated, Policy

type Key = tuple[str, str, str, str]

ONE_RATE = "interest_rate"


def decided(basis: Basis, values: dict[Key, float], from_year: int | None = None, without: str = "") -> Basis:
    """The basis with values by (region, scheme, parameter, detail) in force from a year, by default the last closed."""
    year = basis.last_year if from_year is None else from_year
    kept = {key: series for key, series in basis.policy.values.items() if key[2] != without}
    added = {key: (Dated(value, year, "test"),) for key, value in values.items()}
    return replace(basis, policy=Policy(basis.policy.city, kept | added))


def treasury(basis: Basis) -> Basis:
    """Every rule of deposits, timing, commitments and levels at once, other in every region."""
    city = basis.policy.city
    values: dict[Key, float] = {
        (city, "all", "deposit_share", "demand"): 0.25,
        (city, "all", "deposit_share", "3-year"): 0.75,
        (city, "all", "deposit_rate", "demand"): 0.0035,
        (city, "all", "deposit_rate", "3-year"): 0.0275,
        (city, "resident", "early_contribution_share", ""): 0.8,
        **{(city, "all", "settlement_lag", ""): 1.5, (city, "employee", "advance_payment", ""): 1.0},
        **{
            (city, "resident", "spending_quarter_share", f"q{n + 1}"): share
            for n, share in enumerate((0.2, 0.2, 0.25, 0.35))
        },
    }
    for number, region in enumerate(map(str, basis.history.ledger["region"].values), start=1):
        for scheme in ("employee", "resident", "assistance"):
            for place, line in enumerate(("from_above", "from_below", "to_above", "to_below")):
                values[region, scheme, line, ""] = 12_345.67 * number + 10_000.01 * place
    return decided(basis, values, without=ONE_RATE)
