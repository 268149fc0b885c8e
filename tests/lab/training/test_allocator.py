"""Memory that a process keeps."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from spikegrad.lab.training import allocator

PAGE_FAULTS = """
import resource, sys
import numpy as np
from spikegrad.lab.training.allocator import keep_memory

if sys.argv[1] == "keep":
    assert keep_memory()
for _ in range(3):
    np.ones(8_000_000)  # beyond what glibc ever keeps by itself
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(8_000_000)  # beyond what glibc ever keeps by itself
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_kept_memory_is_not_asked_for_again():
    def faults(how: str) -> int:
        command = [sys.executable, "-c", PAGE_FAULTS, how]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert faults("keep") < 100 < faults("give back")


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert allocator.keep_memory() is False
