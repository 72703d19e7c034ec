"""Tests of ``generator.data``."""
