"""Year-to-year noise of the estimates: named, seeded, the same on every machine."""

import hashlib

import numpy as np

SEED = 3302


def normal(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers of one named quantity, centred over the years (the last axis) and at six digits."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(SEED, spawn_key=(key,))))
    sample = generator.standard_normal(shape)
    return np.round(sample - sample.mean(axis=-1, keepdims=True), 6)
