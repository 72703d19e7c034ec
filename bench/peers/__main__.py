"""Installs every peer below ``build/bench-tools``: ``python -m bench.peers``."""

from bench.peers import TOOLS, peers


def main() -> None:
    """Install, and tell what is there."""
    for peer in peers():
        peer.prepare(TOOLS)
        print(f"{peer.name}: {peer.version}")


if __name__ == "__main__":
    main()
