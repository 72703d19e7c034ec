"""Benchmarks and the made-up data that they and the sample site run on."""
