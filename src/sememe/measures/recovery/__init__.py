"""Family 8: whether a dictionary finds the features that were planted."""
