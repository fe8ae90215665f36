"""Family 5: can the activation of a unit on new images be told from a few exemplars?"""
