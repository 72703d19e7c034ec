"""Tests of ``generator.send.listen``."""
