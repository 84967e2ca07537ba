import numpy as np
import pytest

from actuarial.backtest.city import backtest_city, city_models, city_panel, rival_program, trend
from actuarial.backtest.origins import check_no_look_ahead
from actuarial.errors import AssumptionError
from actuarial.experience.fit import SERIES, fit


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


@pytest.fixture(scope="module")
def panel(tiny_data):
    return city_panel(tiny_data)


def test_panel_is_that_of_the_projection(panel, tiny_data):
    assert panel["level"]["series"].values.tolist() == list(SERIES)
    assert int(panel["year"].values[-1]) == tiny_data.city.last_year
    assert panel["is_broken"].dims == ("series", "year")


def test_city_models_see_no_future(panel):
    last = int(panel["year"].values[-1])
    with rival_program(None) as program:
        check_no_look_ahead(lambda _: city_models(program), panel, [last - 2], 2, 10, philox(1))


def test_trend_is_the_model_of_the_projection(panel, tiny_data):
    """The tiny city publishes every series in every year, so a series alone is fitted as it is in company."""
    basis = fit(tiny_data, 2)
    drawn = trend(panel, basis.years, 4_000, philox(2))
    logs = np.log(drawn / panel["level"].isel(year=-1, drop=True))
    error = logs.std("draw") / np.sqrt(4_000)
    assert bool((abs(logs.mean("draw") - basis.trends.central) < 4 * error + 1e-9).all())


def test_every_series_has_a_table(tiny_data):
    last = tiny_data.city.last_year
    found = backtest_city(tiny_data, last - 3, 2, 2, 50, philox(3))
    table = found.table
    assert table["series"].unique().tolist() == list(SERIES)
    with rival_program(None) as program:
        assert set(table["model"]) == {*city_models(program), "stack"}
    absent = table[table["model"] == "AutoETS"]
    assert absent["count"].max() == 0
    assert absent["note"].str.startswith("AutoETS: no environment given, see --environment (").all()
    totals = table[(table["split"] == "all") & (table["model"] == "naive") & (table["cells"] == "own")]
    # origins one, two and three years before the last: one, two and two targets
    assert totals["count"].tolist() == [5 * found.series[SERIES[0]].cells.sizes["region"]] * len(SERIES)
    assert float(found.weights.sum("model").min()) == pytest.approx(1.0)


def test_no_origin_is_refused(tiny_data):
    last = tiny_data.city.last_year
    with pytest.raises(AssumptionError, match=rf"^backtest: no origin from {last} on; the history runs \d+ to {last}$"):
        backtest_city(tiny_data, last, 2, 2, 50, philox(4))
