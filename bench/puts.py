"""Bare puts of a folder's files, nothing decided and nothing remembered: ours, and boto3's.

``python -m bench.puts (ours|boto3) FOLDER ENDPOINT``
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import boto3
from botocore.config import Config

from bench.built import paths_in
from bench.s3 import BUCKET
from generator.base.config import Publish
from generator.publish import File
from generator.publish.s3 import S3Store
from generator.site.headers import stored_headers

THREADS = 32


def main() -> None:
    """Put all files of the folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.puts", description=__doc__)
    parser.add_argument("how", choices=["ours", "boto3"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("endpoint")
    options = parser.parse_args()
    put = by_ours if options.how == "ours" else by_boto3
    put(options.endpoint, files_in(options.folder))


def files_in(folder: Path) -> Iterator[File]:
    """Each file of a folder, read when it is asked for."""
    for path in paths_in(folder):
        with open(f"{folder}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - as ours reads
            yield path, file.read()


def by_ours(endpoint: str, files: Iterator[File]) -> None:
    """The store of ours, alone."""
    settings = Publish(store="s3", bucket=BUCKET, endpoint=endpoint, region="us-east-1")
    S3Store(settings, stored_headers).put_all(files)


def by_boto3(endpoint: str, files: Iterator[File]) -> None:
    """One client of boto3 in ``THREADS`` threads, with the headers that ours sends."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        config=Config(max_pool_connections=THREADS, s3={"addressing_style": "path"}),
    )
    todo: SimpleQueue[File | None] = SimpleQueue()

    def work() -> None:
        while file := todo.get():
            path, content = file
            headers = stored_headers(path)
            client.put_object(
                Bucket=BUCKET,
                Key=path,
                Body=content,
                ContentType=headers["Content-Type"],
                CacheControl=headers["Cache-Control"],
            )

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for file in files:
        todo.put(file)
    for _ in threads:
        todo.put(None)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
