"""Tests of ``generator.pages``."""
