"""sealpress: a static-site generator with a sealed page for every client."""

__version__ = "0.1.0"
