"""Loops that numba compiles, for what a matrix product cannot say."""
