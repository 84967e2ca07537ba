from hypothesis import given
from hypothesis import strategies as st

from actuarial.cells import age_label, age_parts, holds_age, shared_ages

AGES = range(131)
LABELS = st.one_of(
    st.just("all"),
    st.integers(0, 110).map(lambda first: age_label(first, None)),
    st.tuples(st.integers(0, 110), st.integers(0, 20)).map(lambda ends: age_label(ends[0], sum(ends))),
)


def ages_of(label: str) -> set[int]:
    return {age for age in AGES if holds_age(label, age)}


def test_label_holds_from_its_first_to_its_last_age():
    assert ages_of("60-64") == {60, 61, 62, 63, 64}
    assert ages_of("7") == {7}
    assert ages_of("129+") == {129, 130}
    assert ages_of("all") == set(AGES)


def test_ages_are_cut_where_labels_begin_and_end():
    assert age_parts(["0-44", "45+", "all", "18-59"]) == ("0-17", "18-44", "45-59", "60+")
    assert age_parts(["all"]) == ("0+",)


@given(st.lists(LABELS, max_size=6))
def test_every_age_is_in_one_part_and_every_part_within_or_without_a_label(labels):
    parts = [ages_of(part) for part in age_parts(labels)]
    assert sorted(age for part in parts for age in part) == list(AGES)
    for part in parts:
        assert all(part <= ages_of(label) or not part & ages_of(label) for label in labels)


@given(LABELS.filter(lambda label: label != "all"), LABELS.filter(lambda label: label != "all"))
def test_shared_ages_are_those_of_both_labels(one, other):
    shared = shared_ages(one, other)
    assert (set() if shared is None else ages_of(shared)) == ages_of(one) & ages_of(other)
