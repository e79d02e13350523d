"""Our own exp and log: the last bits of NumPy's and libm's differ between processors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, inlined, kernel

_LOG2E = 1.4426950408889634
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_SQRT2 = 1.4142135623730951
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds to the nearest integer
_52 = np.int64(52)
_BIAS = np.int64(1023)
_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_ONE_BITS = np.int64(0x3FF0000000000000)

F32 = np.float32
_LOG2E_SINGLE = F32(_LOG2E)
_LN2_HIGH_SINGLE = F32(0.693145751953125)  # 16 bits: its product with a whole number is exact
_LN2_LOW_SINGLE = F32(1.42860682030941723212e-6)
_ROUND_SINGLE = F32(12582912.0)  # 1.5 * 2**23
_SEVENTH, _SIXTH, _FIFTH = F32(1 / 5040), F32(1 / 720), F32(1 / 120)
_FOURTH, _THIRD, _HALF, _UNIT = F32(1 / 24), F32(1 / 6), F32(0.5), F32(1.0)
_23 = np.int32(23)
_BIAS_SINGLE = np.int32(127)


@inlined
def exp(x: float) -> float:
    """e**x, relative error below 3e-16; x is clamped to -708..709, where the result is a normal number."""
    y = min(max(x, -708.0), 709.0)
    k = (y * _LOG2E + _ROUND) - _ROUND
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    # Taylor's series to r**13/13! on |r| <= ln(2)/2: truncation below 2**-60
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * (r * r) + r + 1.0
    power = np.int64((np.int64(k) + _BIAS) << _52).view(np.float64)
    return p * power


@inlined
def exp_single(x: F32) -> F32:
    """e**x in single precision, relative error below 2e-7, for -87 <= x <= 88."""
    k = F32(F32(x * _LOG2E_SINGLE) + _ROUND_SINGLE) - _ROUND_SINGLE
    r = (x - k * _LN2_HIGH_SINGLE) - k * _LN2_LOW_SINGLE
    # Taylor's series to r**7/7! on |r| <= ln(2)/2: truncation below 2**-27
    p = _SEVENTH
    p = p * r + _SIXTH
    p = p * r + _FIFTH
    p = p * r + _FOURTH
    p = p * r + _THIRD
    p = p * r + _HALF
    p = p * (r * r) + r + _UNIT
    power = np.int32(np.int32(np.int32(k) + _BIAS_SINGLE) << _23).view(np.float32)
    return F32(p * power)


@inlined
def log(x: float) -> float:
    """Natural logarithm of a normal positive number, relative error below 3e-16; -inf for 0, NaN below."""
    bits = np.float64(x).view(np.int64)
    k = float((bits >> _52) - _BIAS)
    m = np.int64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    if m > _SQRT2:
        m = m * 0.5
        k = k + 1.0
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    # atanh series; |s| <= 0.1716, so that the first term left out is below 2**-58
    t = 2.0 / 23.0
    t = t * z + 2.0 / 21.0
    t = t * z + 2.0 / 19.0
    t = t * z + 2.0 / 17.0
    t = t * z + 2.0 / 15.0
    t = t * z + 2.0 / 13.0
    t = t * z + 2.0 / 11.0
    t = t * z + 2.0 / 9.0
    t = t * z + 2.0 / 7.0
    t = t * z + 2.0 / 5.0
    t = t * z + 2.0 / 3.0
    half = 0.5 * f * f
    result = k * _LN2_HIGH + (f - (half - (s * (half + t * z) + k * _LN2_LOW)))
    special = -np.inf if x == 0.0 else np.nan
    return result if 0.0 < x < np.inf else (x if x == np.inf else special)


@kernel
def _exp_block(x: npt.NDArray[np.float64], out: npt.NDArray[np.float64]) -> None:
    for i in range(len(x)):
        out[i] = exp(x[i])


@kernel
def _log_block(x: npt.NDArray[np.float64], out: npt.NDArray[np.float64]) -> None:
    for i in range(len(x)):
        out[i] = log(x[i])


def exp_array(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """e**x of every element, with the same bits on every processor."""
    out = np.empty_like(x)
    for_blocks(len(x), lambda i, j: _exp_block(x[i:j], out[i:j]))
    return out


def log_array(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Natural logarithm of every element, with the same bits on every processor."""
    out = np.empty_like(x)
    for_blocks(len(x), lambda i, j: _log_block(x[i:j], out[i:j]))
    return out
