"""Tests in a real browser. A package, so that its files may be called like those of the rooms."""
