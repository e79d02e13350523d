"""The same bits without the processor's vector extensions, and by plain Python for compiled kernels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

ROOT = Path(__file__).parents[2]
SCRIPT = """
import hashlib
from tests.runtime.data import answers, make_log
from wsl_runtime import Options, ordered_sum
log = make_log(300, missing=True)
index = log.index(Options(nmin=8, nmax=20, cap=60))
digest = hashlib.sha256()
for array in answers(index, [log.values[0], log.values[1] * 0.5, log.values[2]], log):
    digest.update(array.tobytes())
print(digest.hexdigest(), ordered_sum(log.truth).hex())
"""


def digest_with(environment: dict[str, str]) -> str:
    path = os.pathsep.join(str(ROOT / part) for part in ("", "runtime", "grammar"))
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    return digest_with({})


def test_without_vector_extensions(usual: str) -> None:
    features = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    assert digest_with({"NUMBA_CPU_NAME": "generic", "NPY_DISABLE_CPU_FEATURES": features}) == usual


def test_without_compiling(usual: str) -> None:
    assert digest_with({"WSL_JIT": "0"}) == usual


def test_kernels_are_cached_where_the_user_says(tmp_path: Path) -> None:
    script = "from wsl_runtime.elementary import exp_array; import numpy; exp_array(numpy.zeros(1))"
    path = os.pathsep.join(str(ROOT / part) for part in ("", "runtime", "grammar"))
    environment = {**os.environ, "PYTHONPATH": path, "WSL_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert list((tmp_path / "kernels").rglob("*.nbi"))


def test_importing_the_package_is_cheap() -> None:
    script = "import sys, wsl_runtime; print([m for m in ('numpy', 'numba', 'scipy') if m in sys.modules])"
    path = os.pathsep.join(str(ROOT / part) for part in ("runtime",))
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_every_exported_name_is_a_value_and_no_module() -> None:
    import wsl_runtime

    for name in wsl_runtime.__all__:
        assert not isinstance(getattr(wsl_runtime, name), type(np)), name
