"""AutoETS and AutoARIMA of statsforecast, in an environment of their own: a line of JSON in, a line of JSON out.

statsforecast wants pandas below 3 and cannot be installed beside the project:

    uv venv benchmarks/rivals/.venv --python 3.13
    uv pip install --python benchmarks/rivals/.venv/bin/python -r benchmarks/rivals/requirements.txt

In: method (AutoETS or AutoARIMA), horizon, season, probabilities, series (lists of levels). Out: quantiles (series,
horizon, probability), null where a series has no forecast, and faults (why). Quantiles come from the prediction
intervals: simulated paths of AutoETS leave out its trend (statsforecast 2.1.1).
"""

import json
import sys
import warnings

import numpy as np
from statsforecast.models import AutoARIMA, AutoETS

METHODS = {"AutoETS": AutoETS, "AutoARIMA": AutoARIMA}
# Found by trial: statsforecast 2.1.1 refuses fewer annual levels, in words of its own for each number.
LEAST_LEVELS = {"AutoETS": 7, "AutoARIMA": 1}


def quantiles(levels, method, horizon, season, probabilities):
    """Quantiles of one series: (horizon, probability)."""
    widths = sorted({round(100 * abs(2 * p - 1), 6) for p in probabilities} - {0.0})
    model = METHODS[method](season_length=season).fit(np.asarray(levels, dtype=float))
    found = model.predict(h=horizon, level=widths)
    columns = []
    for p in probabilities:
        width = round(100 * abs(2 * p - 1), 6)
        # intervals are named by their width, as it was asked for
        key = "mean" if width == 0 else f"{'lo' if p < 0.5 else 'hi'}-{width}"
        columns.append(np.asarray(found[key], dtype=float))
    table = np.stack(columns, axis=1)
    if not np.isfinite(table).all():
        raise ValueError("prediction intervals are not finite")
    return table.tolist()


def answer(asked):
    """The forecasts that one request asks for."""
    found = {"quantiles": [], "faults": []}
    least = LEAST_LEVELS[asked["method"]]
    for levels in asked["series"]:
        if len(levels) < least:
            found["quantiles"].append(None)
            found["faults"].append(f"{asked['method']}: {len(levels)} levels, {least} are needed")
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                row = quantiles(levels, asked["method"], asked["horizon"], asked["season"], asked["probabilities"])
            found["quantiles"].append(row)
            found["faults"].append("")
        except Exception as error:
            found["quantiles"].append(None)
            found["faults"].append(f"{asked['method']}: {len(levels)} levels: {error}")
    return found


def main():
    """Answer every request until there are no more."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
