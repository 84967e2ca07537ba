"""Accounts of the residents' scheme by region and year, every line in whole fen.

The subsidy adds up to the published 4.1 billion of 2020 and 17.5 billion of 2016-2020, critical illness to 480 million.
"""

import numpy as np

from data.estimates.accounts import FEN, Setting, fen, part
from data.estimates.employee import Lines, carried
from data.estimates.facts import figure
from data.estimates.raking import largest_remainder
from data.estimates.recovered import recovered_money

BASE = 2020


def resident_accounts(setting: Setting, assisted: np.ndarray) -> Lines:
    """(fund, line) to (region, year) fen.

    Parameters
    ----------
    assisted : (region, year), fen
        Contributions paid by the assistance fund, the same amounts as its line subsidised_enrolment.
    """
    own = setting.choice["resident"]
    members = setting.scheme_members("resident")
    noise = setting.noise("resident collection", own["region_collection_noise"])
    due = members * setting.path(own["individual_contribution"])
    of_members = fen(due * setting.path(own["individual_collection"]) * noise)
    revenue = {
        "individual_contribution": of_members - assisted,
        "collective_support": part(of_members, own["collective_share"]),
        "assisted_contribution": assisted,
        "fiscal_assisted_contribution": part(of_members, own["fiscal_assisted_share"]),
        "fiscal_subsidy": subsidy(setting),
        "other_revenue": recovered_money(setting)["resident"],
    }
    total = setting.spending("resident")
    critical = critical_illness(setting, total)
    other = part(total, own["other_spending_share"])
    inpatient = part(total - critical - other, own["inpatient_share"])
    spending = {
        "benefit_inpatient": inpatient,
        "benefit_outpatient": total - critical - other - inpatient,
        "critical_illness": critical,
        "other_spending": other,
    }
    target = part(total[:, -1], setting.by_region(own["cover_2025"]) / 12)
    return carried(setting, "pooled", revenue, spending, target)


def subsidy_standard(setting: Setting) -> dict[int, float]:
    """Subsidy per head by year, yuan: published for 2020; before, city subsidy over members; after, chosen."""
    own, code = setting.choice["resident"], setting.choice["city"]["code"]
    members = setting.scheme_members("resident").sum(axis=0)
    earlier = {
        year: round(total / members[setting.years.index(year)])
        for year, total in zip(setting.years, own["subsidy_2016_2019"], strict=False)
    }
    later = {int(year): value for year, value in own["subsidy_standard"].items()}
    return {**earlier, BASE: figure("ningbo_figures", code, BASE, "resident_subsidy_per_head"), **later}


def subsidy(setting: Setting) -> np.ndarray:
    """(region, year) fen: the city's total in proportion to members until 2020, then members x standard."""
    own, code = setting.choice["resident"], setting.choice["city"]["code"]
    members = setting.scheme_members("resident")
    standard = subsidy_standard(setting)
    published = round(figure("ningbo_figures", code, BASE, "resident_subsidy") * FEN)
    totals = {year: total * FEN for year, total in zip(setting.years, own["subsidy_2016_2019"], strict=False)} | {
        BASE: published
    }
    amount = np.zeros(members.shape, dtype=np.int64)
    for place, year in enumerate(setting.years):
        if year in totals:
            amount[:, place] = largest_remainder(members[:, place], totals[year])
        else:
            amount[:, place] = fen(members[:, place] * standard[year] * own["subsidy_collection"][str(year)])
    return amount


def critical_illness(setting: Setting, spending: np.ndarray) -> np.ndarray:
    """(region, year) fen: the published total of 2020 moved by the chosen growth, in proportion to all spending."""
    own, code = setting.choice["resident"], setting.choice["city"]["code"]
    level = setting.level(own["critical_growth"])
    base = setting.years.index(BASE)
    published = figure("ningbo_figures", code, BASE, "critical_illness") * FEN
    columns = [
        largest_remainder(spending[:, place], round(published * level[place] / level[base]))
        for place in range(len(setting.years))
    ]
    return np.stack(columns, axis=-1)
