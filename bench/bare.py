"""Bare puts: what the store of the benchmarks can answer to a client that does nothing else.

``python -m bench.bare ENDPOINT NUMBER``

The requests of all connections are sent, then all answers read, with nothing signed or looked at.
"""

import argparse
import socket
from contextlib import ExitStack

from bench.s3 import BUCKET, SIZE

LANES = 64
SENT = (b"host", b"authorization", b"x-amz-date", b"x-amz-content-sha256", b"content-type")
"""About what a client sends beside the length."""
HEADERS = b"".join(b"%s: %064d\r\n" % (name, 0) for name in SENT)
REQUEST = b"PUT /%s/p/%%032d HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n"
MOST_READ = 4096


def main() -> None:
    """Put so many objects."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("number", type=int)
    options = parser.parse_args()
    host, _, port = options.endpoint.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        ask((host, int(port)), options.number, stack)


def ask(store: tuple[str, int], number: int, stack: ExitStack) -> None:
    """Put so many objects over ``LANES`` connections, which the stack closes."""
    lanes = [stack.enter_context(socket.create_connection(store)) for _ in range(LANES)]
    request, body = REQUEST % (BUCKET.encode(), HEADERS, SIZE), bytes(SIZE)
    for start in range(0, number, LANES):
        busy = lanes[: number - start]
        for place, lane in enumerate(busy, start):
            lane.sendall(request % place + body)
        for lane in busy:
            lane.recv(MOST_READ)


if __name__ == "__main__":
    main()
