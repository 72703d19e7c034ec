"""Tests of ``generator.send``."""
