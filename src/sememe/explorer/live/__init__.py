"""A run, opened to be looked at: its networks and dictionaries in NumPy, light enough to answer every stroke.

The server answers its first page in a second and fits into a few hundred megabytes because nothing here needs
torch. Values equal torch's to float32 rounding; the tests hold them side by side.
"""
