"""What medical assistance has to pay: persons of each category times what one of them needs, by kind of help."""

import xarray as xr

from actuarial.assistance.shortfall import check_amounts
from actuarial.errors import AssumptionError

KINDS = ("subsidised_enrolment", "direct_aid", "safety_net", "temporary_relief")


def enrolment_support(contribution: xr.DataArray, share: xr.DataArray, least: xr.DataArray) -> xr.DataArray:
    """What is paid towards the individual contribution of one person: (..., region, category, year), yuan.

    Parameters
    ----------
    contribution : (region, year), yuan, the individual contribution of the resident scheme
    share : (category, ...), 1, the part of it that is paid
    least : (category,), 1, the least part that the rules of the country or province allow

    Raises
    ------
    AssumptionError
        If a share is less than the rules allow, or above one.

    Source
    ------
    Paid in full for the destitute and for subsistence, by half at least for the near-poor: Ningbo, 2021 (seed 004).
    """
    is_low = share < least
    if bool(is_low.any()):
        category = share["category"].values[is_low.any([dim for dim in is_low.dims if dim != "category"]).values][0]
        found, floor = float(share.sel(category=category).min()), float(least.sel(category=category))
        raise AssumptionError(
            f"subsidised enrolment: {category}: a share of {found:g} is paid; the rules ask for {floor:g} at least"
        )
    if bool((share > 1).any()):
        raise AssumptionError(f"subsidised enrolment: a share of {float(share.max()):g} is paid; the limit is 1")
    return (contribution * share).transpose(..., "region", "category", "year")


def assistance_need(
    insured: xr.DataArray,
    persons: xr.DataArray,
    enrolment: xr.DataArray,
    direct_aid: xr.DataArray,
    safety_net: xr.DataArray,
    relief: xr.DataArray,
) -> xr.DataArray:
    """Need of every category by kind of help; the sum over ``kind`` and ``category`` is that of the fund.

    Parameters
    ----------
    insured : (draw, region, category, year), person, whose contribution is paid
    persons : (draw, region, category, year), person-year, who are recognised and may be helped with bills
    enrolment : (..., region, category, year), yuan per insured person, of :func:`enrolment_support`
    direct_aid, safety_net, relief : (..., region, category, year), yuan per person-year, expected, from the layers

    Returns
    -------
    (draw, region, category, kind, year), yuan

    Raises
    ------
    SchemaError
        If a value is missing or negative.

    Source
    ------
    DOMAIN section 6; the kinds are those of Ningbo, 2021 (seed 004): enrolment, assistance with bills, payments above
    the safety-net threshold, temporary relief.
    """
    per_person = {"direct_aid": direct_aid, "safety_net": safety_net, "temporary_relief": relief}
    named = {"insured persons": insured, "persons": persons, "subsidised_enrolment": enrolment, **per_person}
    for name, amounts in named.items():
        check_amounts(name, amounts)
    kinds = [insured * enrolment, *(persons * amount for amount in per_person.values())]
    joined = xr.concat(xr.broadcast(*kinds), dim="kind").assign_coords(kind=list(KINDS))
    return joined.transpose("draw", "region", "category", "kind", "year")


def total_need(need: xr.DataArray) -> xr.DataArray:
    """Need of the fund: (draw, region, year), yuan."""
    return need.sum(["category", "kind"])
