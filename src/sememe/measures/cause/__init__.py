"""Family 6: what a unit does: what changes in the network's logits when the unit is taken away."""
