"""Family 1: how much of the layer, and of what the network does with it, a dictionary keeps."""
