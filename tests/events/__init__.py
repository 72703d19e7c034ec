"""Tests of ``generator.events``."""
