"""A named random generator for one quantity and one block of draws."""

import hashlib

import numpy as np

BLOCK = 500
"""Draws in a block. Part of the model: another size gives other (equally good) draws."""


def stream(seed: int, name: str, block: int) -> np.random.Generator:
    """Independent generator for one quantity and one block of draws.

    The key is (seed, name, block): adding a quantity moves no other, and neither the number of workers nor the
    number of draws changes what a block holds.

    Source
    ------
    Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3 (Philox); NumPy SeedSequence spawn keys.
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(key, block))))
