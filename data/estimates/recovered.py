"""Money recovered from audits, the other revenue of both schemes: 74.395 million yuan in 2020 is published."""

import numpy as np

from data.estimates.accounts import FEN, Setting
from data.estimates.facts import figure
from data.estimates.raking import largest_remainder

BASE = 2020


def recovered_money(setting: Setting) -> dict[str, np.ndarray]:
    """Scheme to (region, year) fen; the city total of 2020 is the published one."""
    own = setting.choice["other_revenue"]
    published = round(figure("ningbo_figures", setting.choice["city"]["code"], BASE, "recovered") * FEN)
    members = {scheme: setting.scheme_members(scheme) for scheme in ("employee", "resident")}
    amounts = {scheme: np.zeros(count.shape, dtype=np.int64) for scheme, count in members.items()}
    for place, relative in enumerate(setting.path(own["relative"])):
        total = round(published * relative)
        of_employees = round(total * own["employee_share"])
        for scheme, amount in (("employee", of_employees), ("resident", total - of_employees)):
            amounts[scheme][:, place] = largest_remainder(members[scheme][:, place], amount)
    return amounts
