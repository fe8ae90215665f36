"""Sparse training and encoding on the processor, compiled by numba; see ``choose.py`` for when."""
