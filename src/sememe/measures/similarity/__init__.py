"""Family 3: how alike the images are that fire a unit, in the eyes of an encoder trained apart."""
