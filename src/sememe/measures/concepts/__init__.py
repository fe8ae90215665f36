"""Family 4: which piece of an image a unit stands for, against concepts with ground truth."""
