"""A cluster for tests: two workers that are processes of this machine."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import LocalCluster

WORKERS = 2
PATIENT = {"distributed.deploy.lost-worker-timeout": "1h"}
"""On a busy machine a worker that died is not there again within 15 s, and would be given up."""


@contextmanager
def two_workers() -> Iterator[str]:
    """The engine of a new cluster; its workers have the environment of this moment."""
    # a client of an earlier test that is collected while a loop starts waits for itself for ever
    gc.collect()
    local: Any = LocalCluster
    made = local(
        n_workers=WORKERS,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )
    with dask.config.set(PATIENT), made:
        yield made.scheduler_address.replace("tcp://", "dask://")
        made.wait_for_workers(WORKERS)  # one that is just starting anew cannot be closed
