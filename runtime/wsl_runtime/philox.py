"""Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, inlined, kernel

GROUPS = 16
U32 = np.uint32

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = U32(0x9E3779B9)
_W1 = U32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_11 = np.uint64(11)
_2, _3, _4, _5 = U32(2), U32(3), U32(4), U32(5)
_6, _7, _8, _9 = U32(6), U32(7), U32(8), U32(9)
_ROW_KEY = np.uint64(0x5753_4C72_6F77_6964)  # fixed: kept samples and groups depend on no program's seed
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Key:
    """What a random number belongs to, beside its row: the program's seed and the variable."""

    seed: int
    variable: int

    def word(self, purpose: int) -> np.uint64:
        """64-bit Philox key of this seed and variable for one purpose (donor, estimate, coupling)."""
        state = np.array([_mix(self.seed, self.variable, purpose)], dtype=np.uint64)
        return np.uint64(state[0])


def _mix(*parts: int) -> int:
    """Hash integers into 64 bits by splitmix64 steps, so that near seeds give unrelated keys."""
    mask = (1 << 64) - 1
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state ^ (part & mask)) & mask
        state = (state + 0x9E3779B97F4A7C15) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return state


def variable_hash(name: str) -> int:
    """64-bit hash of a variable's name that is the same in every process."""
    return _mix(*name.encode(), len(name))


@inlined
def _round(c0: U32, c1: U32, c2: U32, c3: U32, k0: U32, k1: U32) -> tuple[U32, U32, U32, U32]:
    p0 = np.uint64(c0) * _M0
    p1 = np.uint64(c2) * _M1
    return U32(U32(p1 >> _32) ^ c1 ^ k0), U32(p1 & _LOW), U32(U32(p0 >> _32) ^ c3 ^ k1), U32(p0 & _LOW)


@inlined
def philox(c0: U32, c1: U32, c2: U32, c3: U32, key: np.uint64) -> tuple[U32, U32, U32, U32]:
    """Four 32-bit random words for a 128-bit counter (four words, lowest first) and a 64-bit key."""
    k0 = U32(key & _LOW)
    k1 = U32(key >> _32)
    # Written out and in 32 bits: else the caller's loop over rows uses no vectors, and is six times slower.
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _W0), U32(k1 + _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _2 * _W0), U32(k1 + _2 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _3 * _W0), U32(k1 + _3 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _4 * _W0), U32(k1 + _4 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _5 * _W0), U32(k1 + _5 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _6 * _W0), U32(k1 + _6 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _7 * _W0), U32(k1 + _7 * _W1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, U32(k0 + _8 * _W0), U32(k1 + _8 * _W1))
    return _round(c0, c1, c2, c3, U32(k0 + _9 * _W0), U32(k1 + _9 * _W1))


@inlined
def row_words(
    row_id: np.uint64, block: np.uint64, times: np.uint64, key: np.uint64
) -> tuple[U32, U32, U32, U32]:
    """Four random words of a row: `block` numbers further words, `times` earlier draws for the same row."""
    return philox(U32(row_id & _LOW), U32(row_id >> _32), U32(block), U32(times), key)


@inlined
def joined(high: U32, low: U32) -> np.uint64:
    """One 64-bit word of two."""
    return (np.uint64(high) << _32) | np.uint64(low)


@inlined
def unit(high: U32, low: U32) -> float:
    """Uniform number in [0, 1) with 53 bits, from two words."""
    return float(np.int64(joined(high, low) >> _11)) * _UNIT


@kernel
def _hash_block(
    row_ids: npt.NDArray[np.uint64],
    hashes: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
) -> None:
    zero = np.uint64(0)
    mask = U32(GROUPS - 1)
    for i in range(len(row_ids)):
        a, b, c, _ = row_words(row_ids[i], zero, zero, _ROW_KEY)
        hashes[i] = joined(a, b)
        groups[i] = np.uint8(c & mask)


def hash_rows(row_ids: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """64-bit hash and group (0..15) of every row id, both independent of any seed."""
    ids = np.ascontiguousarray(row_ids, dtype=np.uint64)
    hashes = np.empty(len(ids), np.uint64)
    groups = np.empty(len(ids), np.uint8)
    for_blocks(len(ids), lambda i, j: _hash_block(ids[i:j], hashes[i:j], groups[i:j]))
    return hashes, groups


def groups_of(ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Group 0..15 of every row id, or of a cluster key given instead of row ids."""
    return hash_rows(ids)[1]


@kernel
def _uniform_block(
    row_ids: npt.NDArray[np.uint64],
    times: npt.NDArray[np.uint8],
    key: np.uint64,
    out: npt.NDArray[np.float64],
) -> None:
    zero = np.uint64(0)
    for i in range(len(row_ids)):
        a, b, _, _ = row_words(row_ids[i], zero, np.uint64(times[i]), key)
        out[i] = unit(a, b)


def uniforms(
    row_ids: npt.NDArray[np.uint64], key: Key, times: npt.NDArray[np.uint8], purpose: int = 0
) -> npt.NDArray[np.float64]:
    """One uniform number in [0, 1) per row, a function of (seed, variable, purpose, row id, times) only."""
    ids = np.ascontiguousarray(row_ids, dtype=np.uint64)
    out = np.empty(len(ids), np.float64)
    word = key.word(purpose)
    for_blocks(len(ids), lambda i, j: _uniform_block(ids[i:j], times[i:j], word, out[i:j]))
    return out
