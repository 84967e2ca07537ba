import pytest

from actuarial.errors import AssumptionError
from actuarial.settlement.adjustment_rule import AdjustmentRule, Segment, check_rule, preset, read_rule


def rows(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    keys = ("parameter", "lower", "upper", "value")
    return [{"scheme": "all", **dict(zip(keys, row, strict=True))} for row in rows]


WHOLE = rows(
    ("paid_in_share", "", "", "0.1"),
    ("covered_share_of_deficit", "0.04", "0.1", "0.5"),
    ("covered_share_of_deficit", "0.1", "", "0.8"),
    ("is_prorated", "", "", "0"),
)


def test_rule_is_read_with_its_segments_in_order():
    segments = (Segment(0.04, 0.1, 0.5), Segment(0.1, float("inf"), 0.8))
    assert read_rule(WHOLE, "resident", "here") == AdjustmentRule(0.1, "deficit", segments, False)


def test_rows_of_a_scheme_replace_those_of_all():
    assert preset("zhejiang", "employee").paid_in_share == 0.08
    assert preset("zhejiang", "assistance").paid_in_share == 0.1


@pytest.mark.parametrize("scheme", ["employee", "resident", "assistance"])
@pytest.mark.parametrize("variant", ["zhejiang", "guangdong", "yangtze_delta"])
def test_published_variants_can_be_settled(variant, scheme):
    check_rule(preset(variant, scheme), variant)


def test_published_variants_cover_what_the_seed_says():
    assert preset("guangdong", "assistance").segments == (Segment(0, float("inf"), 0.8),)
    excess = preset("yangtze_delta", "resident")
    assert (excess.basis, excess.segments[0].lower) == ("excess", 0.1)


def test_unknown_variant_is_refused():
    message = "adjustment fund: no variant 'moon'; there are: zhejiang, guangdong, yangtze_delta"
    with pytest.raises(AssumptionError, match=message):
        preset("moon", "resident")


def test_missing_parameters_are_refused():
    message = "here, all: needs is_prorated and one of covered_share_of_deficit, covered_share_of_excess; add the rows"
    with pytest.raises(AssumptionError, match=message):
        read_rule(WHOLE[:1], "all", "here")


@pytest.mark.parametrize(
    ("share", "segments", "message"),
    [
        (1.5, [(0, 1, 0.5)], r"here: paid_in_share is 1.5; it must lie in \[0, 1\]"),
        (0.1, [(0, 1, -0.5)], r"here: covered_share from 0 is -0.5; it must lie in \[0, 1\]"),
        (0.1, [(0.2, 0.1, 0.5)], "here: threshold 0.2 is not below its upper end 0.1 or is negative; put the lower"),
        (0.1, [(0, 0.2, 0.5), (0.1, 1, 0.8)], "here: threshold 0.1 comes after 0.2, the end of the segment before"),
        (0.0, [(0, 1, 0.5)], "here: pays out but is paid nothing; set paid_in_share above 0 or cover nothing"),
    ],
)
def test_impossible_rule_is_refused_with_place_and_remedy(share, segments, message):
    rule = AdjustmentRule(share, "deficit", tuple(Segment(*each) for each in segments), True)
    with pytest.raises(AssumptionError, match=message):
        check_rule(rule, "here")
