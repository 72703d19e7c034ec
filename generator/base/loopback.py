"""A server on this machine alone, for as long as somebody wants it."""

from http.server import HTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class Loopback:
    """Answers at ``url``; as a context manager in a thread of its own."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self._thread = Thread(target=self.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a slash at the end."""
        return f"http://{HOST}:{self._server.server_port}"

    def serve_forever(self) -> None:
        """Answer until the process is interrupted, or the context is left."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop listening; for a server that was used without a context."""
        self._server.server_close()

    def __enter__(self) -> Self:
        """Begin to answer in the background."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join()
        self.close()
