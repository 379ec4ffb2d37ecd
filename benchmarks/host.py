"""What the figures were taken on, in words that name no host."""

import os
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.figures import machine, percentile

SYNCS = 200
WRITTEN = b"x" * 1024


def described(server: str) -> dict[str, str]:
    """Describe the machine and the server."""
    facts = machine()
    return {
        "processor": f"{facts['cores']} cores, {processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{facts['system']}, Python {facts['python']}",
        "store": server,
    }


def processor() -> str:
    """Name the processor, as far as the kernel does."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def synced_ms() -> tuple[float, float]:
    """Time writes that are synced one by one: what every commit pays to the disk, whoever makes it."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            began = perf_counter()
            file.write(WRITTEN)
            file.flush()
            os.fdatasync(file.fileno())
            times.append((perf_counter() - began) * 1000)
    return percentile(times, 0.5), percentile(times, 0.99)


def load() -> str:
    """Say how busy the machine is before a part: the load of the last minute, and what a synced write takes."""
    p50, p99 = synced_ms()
    return f"load {os.getloadavg()[0]:.2f}, a write of 1 KiB synced in {p50:.2f} ms (p99 {p99:.2f})"
