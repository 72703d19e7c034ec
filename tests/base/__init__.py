"""Tests of ``generator.base``."""
