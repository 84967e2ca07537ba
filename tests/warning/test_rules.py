import pytest

from actuarial.errors import AssumptionError
from actuarial.warning.rules import COLOURS, overridden, preset_rules, read_rules


def row(colour: str, threshold: str, clear: str, **changes: str) -> dict[str, str]:
    first = {"rule": "cover", "scheme": "employee", "indicator": "months_of_cover", "comparison": "below"}
    rest = {"unit": "month", "clause_zh": "", "clause_en": "", "provenance": "estimated", "source": "here"}
    return {**first, "colour": colour, "value": threshold, "clear": clear, **rest, **changes}


def test_levels_come_from_the_mildest_on():
    (rule,) = read_rules([row("red", "3", "4"), row("yellow", "6", "6.5")], "here")
    assert [(level.colour, level.threshold) for level in rule.levels] == [("yellow", 6.0), ("red", 3.0)]


def test_presets_are_in_order_and_say_where_they_come_from():
    rules = preset_rules()
    assert len({(rule.name, rule.scheme) for rule in rules}) == len(rules) == 9
    for rule in rules:
        for level in rule.levels:
            assert level.colour in COLOURS
            assert level.clause_zh
            assert level.clause_en
            assert level.source
            assert level.provenance in ("official", "unverified", "estimated")


@pytest.mark.parametrize(
    ("name", "colour", "threshold"),
    [
        ("cover_short", "red", 3),
        ("cover_large", "blue", 15),
        ("cost_and_income", "orange", 0.05),
        ("excess", "orange", 0.1),
        ("assistance_idle", "blue", 0.15),
        ("exhausted", "red", 0),
    ],
)
def test_presets_have_the_thresholds_of_their_clauses(name, colour, threshold):
    (rule,) = [each for each in preset_rules() if each.name == name]
    assert {level.colour: level.threshold for level in rule.levels}[colour] == threshold


def test_own_rule_of_a_city_takes_the_place_of_the_preset():
    own = read_rules([row("red", "4", "5", rule="cover_short")], "here")
    rules = overridden(preset_rules(), own)
    assert len(rules) == 9
    assert [rule for rule in rules if rule.name == "cover_short"] == list(own)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("red", "6", "7"), row("yellow", "3", "4")], "threshold 6 of red is not beyond 3 of yellow; order the"),
        (
            [row("red", "3", "2")],
            "red is cleared at 2, which is beyond its threshold 3; clear it at the threshold or on",
        ),
        (
            [row("red", "3", "7"), row("yellow", "6", "6.5")],
            "clear 7 of red is not beyond 6.5 of yellow; order the values",
        ),
        ([row("red", "3", "4"), row("red", "2", "4")], "colour red twice; give each colour one row"),
        ([row("pink", "3", "4")], "colour 'pink'; it must be one of blue, yellow, orange, red"),
        ([row("red", "3", "4", comparison="under")], "comparison 'under'; it must be above or below"),
        (
            [row("red", "3", "4"), row("yellow", "6", "7", comparison="above")],
            "indicator, comparison and unit must be the same in all its rows",
        ),
    ],
)
def test_rule_out_of_order_is_refused_with_place_and_remedy(rows, message):
    with pytest.raises(AssumptionError, match=f"own.csv, rule 'cover' of employee: {message}"):
        read_rules(rows, "own.csv")
