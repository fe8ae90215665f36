"""Family 7: whether the same units come back with another seed."""
