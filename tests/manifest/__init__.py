"""Tests of ``generator.manifest``."""
