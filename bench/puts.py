"""Bare puts of a folder's files, nothing decided and nothing remembered: ours, and boto3's.

``python -m bench.puts (ours|boto3) FOLDER ENDPOINT``
"""

import argparse
import os
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from queue import Queue
from threading import Thread

from bench.s3 import BUCKET, REGION

THREADS = 32

File = tuple[str, bytes]


def main() -> None:
    """Put all files of the folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.puts", description=__doc__)
    parser.add_argument("how", choices=["ours", "boto3"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("endpoint")
    options = parser.parse_args()
    put = by_ours if options.how == "ours" else by_boto3
    put(options.endpoint, files_in(options.folder))


def paths_in(folder: Path) -> Iterator[str]:
    """The paths of all files below a folder."""
    begin = len(f"{folder}/")
    for inner, _, names in os.walk(folder):
        yield from (f"{inner}/{name}"[begin:] for name in names)


def files_in(folder: Path) -> Iterator[File]:
    """Each file of a folder, read when it is asked for."""
    for path in paths_in(folder):
        with open(f"{folder}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - as ours reads
            yield path, file.read()


def by_ours(endpoint: str, files: Iterator[File]) -> None:
    """The store of ours, alone."""
    from generator.base.config import Publish  # noqa: PLC0415 - boto3 shall not pay for it
    from generator.publish.s3 import S3Store  # noqa: PLC0415
    from generator.site.headers import stored_headers  # noqa: PLC0415

    settings = Publish(store="s3", bucket=BUCKET, endpoint=endpoint, region=REGION)
    S3Store(settings, stored_headers).put_all(files)


def by_boto3(endpoint: str, files: Iterator[File]) -> None:
    """One client of boto3 in ``THREADS`` threads, with the headers of clients' pages."""
    import boto3  # noqa: PLC0415 - ours shall not pay for it
    from botocore.config import Config  # noqa: PLC0415

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        config=Config(max_pool_connections=THREADS, s3={"addressing_style": "path"}),
    )
    todo: Queue[File | None] = Queue(THREADS)

    def work() -> None:
        while file := todo.get():
            path, content = file
            client.put_object(
                Bucket=BUCKET,
                Key=path,
                Body=content,
                ContentType="application/octet-stream",
                CacheControl="public, no-cache",
            )

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for file in chain(files, repeat(None, THREADS)):
        todo.put(file)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
