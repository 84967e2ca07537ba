"""Medical assistance by region, category and year: persons, paid contributions, aid; and the accounts of its fund."""

import numpy as np

from actuarial.schema import CATEGORIES
from data.estimates.accounts import FEN, Setting, added, fen, part
from data.estimates.employee import Lines, carried
from data.estimates.facts import figure
from data.estimates.raking import largest_remainder

BASE = 2020
Measures = dict[tuple[str, str], np.ndarray]


def assistance_measures(setting: Setting) -> Measures:
    """(category, measure) to (region, year): persons and visits whole, money in fen.

    The persons and the money of subsidised enrolment in 2020 add up to the published 107,000 and 70.79 million.
    """
    own, code = setting.choice["assistance"], setting.choice["city"]["code"]
    base = setting.years.index(BASE)
    shares = np.array([own["category_share"][category] for category in CATEGORIES])
    subsidised_share = np.array([own["subsidised_share"][category] for category in CATEGORIES])
    residents = setting.scheme_members("resident")[:, base]
    weight = (residents * setting.by_region(own["eligible_per_1000"]))[:, None] * (shares * subsidised_share)[None, :]
    growth = np.cumsum([0.0] + [np.log1p(own["eligible_growth"][str(year)]) for year in setting.years[1:]])
    level = np.exp(growth - growth[base])
    persons = round(figure("ningbo_figures", code, BASE, "subsidised"))
    subsidised = np.stack([largest_remainder(weight, round(persons * step)) for step in level], axis=-1)
    eligible = np.ceil(subsidised / subsidised_share[None, :, None]).astype(np.int64)
    amount = _paid_contributions(
        setting, subsidised, round(figure("ningbo_figures", code, BASE, "subsidised_enrolment") * FEN)
    )
    aid = _aid(setting, eligible)
    net = part(aid, own["safety_net_share"])
    tables = {
        "eligible": eligible,
        "subsidised": subsidised,
        "subsidised_amount": amount,
        "direct_aid": aid - net,
        "safety_net": net,
        "visits": np.round((aid - net) / FEN / own["visit_cost"]).astype(np.int64),
    }
    return {
        (category, measure): table[:, place]
        for place, category in enumerate(CATEGORIES)
        for measure, table in tables.items()
    }


def _paid_contributions(setting: Setting, subsidised: np.ndarray, published: int) -> np.ndarray:
    """(region, category, year) fen: persons x part paid x individual contribution; 2020 sums to the published total."""
    own = setting.choice["assistance"]
    paid = np.array([own["paid_share"][category] for category in CATEGORIES])[None, :, None]
    contribution = setting.path(setting.choice["resident"]["individual_contribution"])
    weight = subsidised * paid * contribution
    base = setting.years.index(BASE)
    amount = fen(weight * (published / FEN / weight[:, :, base].sum()))
    amount[:, :, base] = largest_remainder(weight[:, :, base], published)
    return amount


def _aid(setting: Setting, eligible: np.ndarray) -> np.ndarray:
    """(region, category, year) fen of aid to the sick, by relative need."""
    own = setting.choice["assistance"]
    need = np.array([own["relative_need"][category] for category in CATEGORIES])[None, :, None]
    base = setting.years.index(BASE)
    level = setting.level(own["aid_growth"])
    level = level / level[base]
    weight = eligible * need * (setting.noise("aid", own["aid_noise_region"]) * level)[:, None, :]
    total = own["aid_per_head_2020"] * eligible[:, :, base].sum()
    return fen(weight * (total / weight[:, :, base].sum()))


def assistance_accounts(setting: Setting, measures: Measures) -> Lines:
    """(fund, line) to (region, year) fen."""
    own = setting.choice["assistance"]

    def total(measure: str) -> np.ndarray:
        return added(*(measures[(category, measure)] for category in CATEGORIES))

    aid = total("direct_aid") + total("safety_net")
    inpatient = part(aid, own["inpatient_share"])
    spending = {
        "subsidised_enrolment": total("subsidised_amount"),
        "inpatient_assistance": inpatient,
        "outpatient_assistance": aid - inpatient,
    }
    spent = added(*spending.values())
    money = part(spent, setting.path(own["revenue_ratio"]))
    payers = {payer: part(money, share) for payer, share in own["payer_share"].items()}
    payers["local_budget"] += money - added(*payers.values())
    target = part(spent[:, -1], setting.by_region(own["cover_2025"]) / 12)
    return carried(setting, "assistance", payers, spending, target)
