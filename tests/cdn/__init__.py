"""Tests of ``generator.cdn``."""
