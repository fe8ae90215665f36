"""Family 2: how far a unit's activation follows the labels."""
