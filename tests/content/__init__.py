"""Tests of ``generator.content``."""
