"""Tests: they mirror the tree of ``generator``, and share ``tests.builders``."""
