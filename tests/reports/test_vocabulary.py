"""Every name that a user can meet has a label in both languages."""

import pytest

from actuarial import contract, schema
from actuarial.wording import LANGUAGES, catalogue, text

NAMES = {
    "scheme": (*schema.SCHEMES, "critical", "all"),
    "scheme_short": schema.SCHEMES,
    "fund": (*schema.FUNDS, "pooled", "personal_account", "assistance"),
    "line": schema.ALL_LINES,
    "status": (*schema.ALL_STATUSES, "all"),
    "category": (*schema.CATEGORIES, "none", "all"),
    "service": (*schema.SERVICES, "all"),
    "layer": schema.LAYERS,
    "group": schema.BENEFIT_GROUPS,
    "tier": (*schema.TIERS, "all"),
    "area": (*schema.AREAS, "all"),
    "benefit": tuple(schema.BENEFIT_PARAMETERS),
    "sex": (*schema.SEXES, "total"),
    "provenance": schema.PROVENANCES,
    "vintage": schema.VINTAGES,
    "table": tuple(contract.TABLES),
    "measure": (*schema.VITAL_MEASURES, *schema.ASSISTANCE_MEASURES, *schema.UTILISATION_MEASURES),
    "indicator": tuple(schema.INDICATORS),
    "parameter": tuple(schema.PARAMETERS),
    "quantity": schema.SCENARIO_QUANTITIES,
    "operation": schema.OPERATIONS,
    "unit": tuple(name for name in schema.UNITS if name.isascii() and name != "%"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", NAMES)
def test_every_name_of_the_schema_has_a_label(section: str, language: str) -> None:
    assert all(text(f"{section}.{name}", language).strip() for name in NAMES[section])


def test_no_label_of_the_vocabulary_is_unknown_to_the_schema() -> None:
    known = {f"{section}.{name}" for section, names in NAMES.items() for name in names}
    known |= {f"scheme_short.{name}" for name in ("critical", "all")}
    vocabulary = {key for key in catalogue() if key.split(".")[0] in NAMES}
    assert vocabulary <= known


def test_chinese_labels_hold_no_latin_words() -> None:
    labels = [entry["zh"] for key, entry in catalogue().items() if key.split(".")[0] in NAMES]
    assert [label for label in labels if any(letter.isascii() and letter.isalpha() for letter in label)] == []
