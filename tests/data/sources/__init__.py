"""Tests of ``generator.data.sources``."""
