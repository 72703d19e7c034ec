"""How freed memory is kept, so that the system need not give it again and again.

glibc gives large pieces back as soon as they are free, and to have one again costs a fault for each
page of memory: to read a bucket of three megabytes took four times as long as what is in it. It
also trims the heap after every ``zlib.compressobj``, which doubles the cost of a client's page.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT, LARGEST_MAPPED = 1 << 30, 1 << 25  # bytes; glibc refuses a larger mmap threshold


def keep_freed() -> None:
    """Keep freed memory in this process; other C libraries are left as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, LARGEST_MAPPED)
