"""A city's own adjustment funds: whole for every scheme, payers that exist, no circle, no promise beyond its money."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, closest, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records
from actuarial.schema import EVERY_PAYER, PAYERS_BETWEEN, SCHEMES

_COVERED = ("covered_share_of_deficit", "covered_share_of_excess")


def adjustment_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Funds that cannot be settled, and who pays into them."""
    frame = frames.get("adjustment_rules")
    if frame is None or frame.empty or bool(frame["is_bad"].any()):
        return []
    file = files["adjustment_rules"]
    faults = _payer_faults(frame, city, file)
    if faults:
        return faults
    payers = _payers(frame, city)
    return _circle_faults(payers, frame, file) or _fund_faults(frame, payers, file)


def _payers(frame: pd.DataFrame, city: City) -> dict[str, list[str]]:
    """Regions and funds that pay into each fund."""
    listed = {
        str(fund): str(rows["payers"].iloc[0]).split(PAYERS_BETWEEN) for fund, rows in frame.groupby("fund", sort=False)
    }
    named = {payer for payers in listed.values() for payer in payers}
    rest = [region for region in city.region_codes if region not in named]
    return {fund: rest if payers == [EVERY_PAYER] else payers for fund, payers in listed.items()}


def _payer_faults(frame: pd.DataFrame, city: City, file: str) -> list[Fault]:
    """Payers that differ between rows of a fund, are nobody, pay twice, or regions that pay nowhere."""
    faults, known = [], (EVERY_PAYER, *city.region_codes, *frame["fund"].unique())
    for fund, rows in frame.groupby("fund", sort=False):
        first = rows.iloc[0]
        for row in records(rows[rows["payers"] != first["payers"]]):
            values = {"fund": fund, "other": int(first["row"]), "wanted": first["payers"]}
            faults.append(refuse("adjustment_payers", file, row.row, "payers", row.payers, **values))
        for payer in str(first["payers"]).split(PAYERS_BETWEEN):
            if payer not in known:
                values = {"fund": fund, "payer": payer, "suggestion": closest(payer, known)}
                faults.append(
                    refuse("adjustment_payer_unknown", file, int(first["row"]), "payers", first["payers"], **values)
                )
    if faults:
        return faults
    places: dict[str, str] = {}
    for fund, payers in _payers(frame, city).items():
        for payer in payers:
            if payer in places:
                row = frame[frame["fund"] == fund].iloc[0]
                values = {"payer": payer, "first": places[payer], "second": fund}
                faults.append(
                    refuse("adjustment_payer_twice", file, int(row["row"]), "payers", row["payers"], **values)
                )
            places.setdefault(payer, fund)
    idle = [region for region in city.region_codes if region not in places]
    return faults + [refuse("adjustment_idle", file, None, "payers", region) for region in idle]


def _circle_faults(payers: Mapping[str, list[str]], frame: pd.DataFrame, file: str) -> list[Fault]:
    """Funds whose money would come back to them."""
    sorter = TopologicalSorter({fund: [payer for payer in own if payer in payers] for fund, own in payers.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = [str(name) for name in error.args[1]]
        row = frame[frame["fund"] == circle[0]].iloc[0]
        return [refuse("adjustment_circle", file, int(row["row"]), "payers", row["payers"], circle=" → ".join(circle))]
    return []


def _fund_faults(frame: pd.DataFrame, payers: Mapping[str, list[str]], file: str) -> list[Fault]:
    faults, seen = [], set()
    for fund, rows in frame.groupby("fund", sort=False):
        above = next((name for name, own in payers.items() if fund in own), None)
        has_lower = any(payer in payers for payer in payers[str(fund)])
        for scheme in SCHEMES:
            own = _of_scheme(rows, scheme)
            passed_on = 0.0 if above is None else _share(_of_scheme(frame[frame["fund"] == above], scheme))
            for fault in _scheme_faults(own, str(fund), scheme, passed_on, has_lower, file):
                # rows of all schemes are judged once
                if (fault.rule, fault.row) not in seen:
                    seen.add((fault.rule, fault.row))
                    faults.append(fault)
    return faults


def _of_scheme(rows: pd.DataFrame, scheme: str) -> pd.DataFrame:
    """Rows of a scheme; of a parameter that it does not state, those of all."""
    own = rows[rows["scheme"] == scheme]
    general = rows[(rows["scheme"] == "all") & ~rows["parameter"].isin(own["parameter"])]
    return pd.concat([own, general]).sort_values("row")


def _share(own: pd.DataFrame) -> float:
    return float(own.loc[own["parameter"] == "paid_in_share", "value"].sum())


def _scheme_faults(
    own: pd.DataFrame, fund: str, scheme: str, passed_on: float, has_lower: bool, file: str
) -> Iterator[Fault]:
    held = set(own["parameter"])
    lacking = [name for name in ("paid_in_share", "is_prorated") if name not in held]
    kinds = [name for name in _COVERED if name in held]
    if lacking or len(kinds) != 1:
        row = int(own["row"].iloc[0]) if len(own) else None
        missing = ", ".join([*lacking, *([] if len(kinds) == 1 else [" / ".join(_COVERED)])])
        yield refuse("adjustment_needs", file, row, "parameter", missing, fund=fund, scheme=scheme)
        return
    segments = list(records(own[own["parameter"] == kinds[0]].fillna({"lower": 0.0}).sort_values("lower")))
    for first, second in pairwise(segments):
        if pd.isna(first.upper) or second.lower < first.upper:
            values = {"fund": fund, "other": first.row, "end": "∞" if pd.isna(first.upper) else plain(first.upper)}
            yield refuse("adjustment_order", file, second.row, "lower", plain(second.lower), **values)
            return
    paid, deepest = own[own["parameter"] == "paid_in_share"].iloc[0], 0.0
    for each in segments:
        # nothing is covered twice over: without an upper end a gap has no limit
        deepest += (
            0.0 if each.value == 0 else each.value * (float("inf") if pd.isna(each.upper) else each.upper - each.lower)
        )
    if paid["value"] == 0 and deepest > 0:
        yield refuse("adjustment_unpaid", file, int(paid["row"]), "value", plain(paid["value"]), fund=fund)
    for name in (_COVERED[1], "interest_rate"):
        if has_lower and name in held:
            row = own[own["parameter"] == name].iloc[0]
            yield refuse("adjustment_above", file, int(row["row"]), "parameter", name, fund=fund)
    promise = own[own["parameter"] == "is_prorated"].iloc[0]
    kept = float(paid["value"]) * (1 - passed_on)
    if promise["value"] == 0 and (kinds[0] == _COVERED[1] or deepest > kept):
        values = {"fund": fund, "asked": f"{deepest:.6g}", "held": f"{kept:.6g}"}
        rule = "adjustment_unlimited" if deepest == float("inf") else "adjustment_promise"
        yield refuse(rule, file, int(promise["row"]), "value", plain(promise["value"]), **values)
