"""The report's own sentences, in one place, so that they can be read and edited as text."""


def _flow(text: str) -> str:
    return " ".join(text.split())


QUESTION = "Are features more monosemantic than neurons?"

LEAD = _flow("""
    A unit is monosemantic when it means one thing: when all that fires it is alike. Neurons are the units
    that a layer comes with; features are the units that a dictionary finds in it. Here both are measured
    in the same way, beside controls that have to be beaten before a feature deserves its name.
""")

UNFINISHED = "This run is not finished: the report shows what it has measured so far."

QUICK = "A quick run: fewer images, wider intervals."

WEIGHTS = _flow("""
    The {n} neurons of {layer} read the pixels directly, so their weights can be looked at as images. One
    might hope for edges and loops; what training finds looks like noise with some structure. The bars
    show how each neuron's activation is spread over the classes (each neuron to its own scale).
""")

GALLERY = _flow("""
    Each block of pictures is one unit: images that fire it, from its strongest activations on the left to
    its weakest, then random ones. A unit that means one thing shows it all along the row, not only at its
    strongest.
""")

INTERVALS = _flow("""
    On the left are the images that fire the unit most. A unit's range of activation is cut into ten
    intervals of equal width, a column each, with up to three images drawn at random from each. The bar
    above a column shows how many firings lie there (log scale).
""")

PATCHES = "A frame marks the patch of the image that the position sees."

READS = _flow("""
    The small picture beside a unit's name is what it reads: its weights where it reads the pixels
    directly, otherwise the mean of what fires it less the mean of everything. Light: ink that drives it.
    Dark: ink that is missing.
""")

BARS = _flow("""
    The bars on the right show how its activation is spread over the classes, to the scale of its greatest,
    which is coloured where it is more than 1.5 times the mean.
""")

ALWAYS = _flow("""
    Some of these units fire on every item: the activation of a sigmoid, say, is never exactly 0. What tells
    their firings apart is how strong they are.
""")

UNIT_SETS = _flow("""
    How well each set of units gives the layer back. Variance unexplained is 0 for a perfect
    reconstruction and 1 for the mean; accuracy is the network's own with the reconstruction put in the
    layer's place.
""")

DENSITY = (
    "A neuron usually fires on a good part of all items; a feature that stands for one thing fires rarely."
)

DENSITY_CAPTION = "Live units only; dead units are counted in the tables."

COMPARISON = _flow("""
    Sparser units look purer, whatever they are; so unit sets are compared only where they keep equally
    much of the layer, or where equally many of them fire. Dots are means over units, dead ones counted as
    0; lines are 95 % intervals. A short upright tick is chance: what the same units would score if their
    firings fell on random items. A dictionary has found something when its features beat the neurons and
    the controls.
""")

DUELS = _flow("""
    {features} features against each control, {where}. A family of measures is won (▲) where at least twice
    as many of its measures are won as lost, lost (▼) the other way round, split (◆) between; open (·) where
    none can be told apart after correction for all tests.
""")

FRONTIER = _flow("""
    Every dictionary trades purity for fidelity. Each line is one family, swept over its sparsity: up and
    to the left is better on both. Bands are 95 % intervals.
""")

READING = (
    _flow("""
        Sparsity alone makes units look pure: keep the eight largest of any set of random directions and
        each will fire on fewer classes. So a score says little until it is compared with that of
        controls, at the same fidelity to the layer or at the same number of firing units.
    """),
    _flow("""
        Of 100 intervals of 95 %, each from other images and units, about 95 hold the true score (they come
        from a bootstrap). Firing means any activation other than zero. A dead unit never fires on the images
        that are scored; it counts as 0 in every mean.
    """),
    "Images that are scored were seen neither by the network nor by the dictionaries while they were fitted.",
)

MAKING = "One command makes every number of this page again, bit for bit on the same machine:"

FOOTER = _flow("""
    A sememe is the smallest unit of meaning. This file is self-contained: it opens offline and asks
    nothing of any other host. Figures by plotly.js (MIT licence).
""")
