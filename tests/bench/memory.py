"""What memory a process has taken at most."""

from pathlib import Path


def peak_mb(process: int | str = "self") -> int:
    """Return a process's largest memory so far; `getrusage` would count that of the one that started it.

    Source: VmHWM in https://man7.org/linux/man-pages/man5/proc_pid_status.5.html.
    """
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:"))
