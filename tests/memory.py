"""How much memory a process has needed at most, asked from within."""

from __future__ import annotations


def peak_kb() -> int:
    """Return the most kilobytes that this program held.

    Linux tells it of the program itself; the older question counts what the process
    that started it held before.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
