"""Tests of ``generator.strategy``."""
