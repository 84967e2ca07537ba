"""The order in which adjustment funds are settled where one pays into another: from the regions up."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from actuarial.errors import AssumptionError


def settlement_order(pays_into: Mapping[str, str]) -> tuple[str, ...]:
    """Funds, each after all that pay into it.

    Parameters
    ----------
    pays_into : region or fund to the fund that it pays into; a fund without an entry is the highest

    Raises
    ------
    AssumptionError
        If money would go in a circle.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for payer, fund in pays_into.items():
        sorter.add(fund, payer)
    try:
        order = tuple(sorter.static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise AssumptionError(
            f"adjustment funds: {circle}: transfers in a circle; let the highest fund pay into no other"
        ) from error
    funds = set(pays_into.values())
    return tuple(name for name in order if name in funds)
