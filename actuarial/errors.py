"""The errors a user can meet."""


class SchemaError(ValueError):
    """The data is wrong: a value, a key, a unit or a dimension."""


class AssumptionError(ValueError):
    """A choice is missing or impossible."""


class GateError(ValueError):
    """A run may not be published; the message lists every reason."""


class StoreError(ValueError):
    """A stored run is missing, damaged, or held by another writer."""


class BusyError(StoreError):
    """Another writer holds the store."""
