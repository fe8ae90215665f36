"""The pictures of the documentation, drawn from scratch: networks are trained, units found, cards drawn.

``python docs/generate.py --pictures`` runs all of it in about a minute. The pictures and what is said of them
are kept in the repository, and the pages are made from what is kept, so that nobody has to train a network to
read or to check a page.
"""
