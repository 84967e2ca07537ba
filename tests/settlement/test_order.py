import pytest

from actuarial.errors import AssumptionError
from actuarial.settlement.order import settlement_order


def test_a_fund_comes_after_all_that_pay_into_it():
    order = settlement_order({"a": "north", "b": "north", "c": "south", "north": "top", "south": "top"})
    assert set(order) == {"north", "south", "top"}
    assert order[-1] == "top"


@pytest.mark.parametrize("pays_into", [{"a": "x", "x": "y", "y": "x"}, {"a": "x", "x": "x"}])
def test_money_in_a_circle_is_refused(pays_into):
    with pytest.raises(AssumptionError, match=r"x -> .*transfers in a circle; let the highest fund pay into no other"):
        settlement_order(pays_into)
