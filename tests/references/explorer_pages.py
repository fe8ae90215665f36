"""The pages of the explorer in a browser: their links, and when they are there."""

MLP, SAE = "digit_mlp.hidden1", "TopKSAE-k4"
UNITS = f"#/units?layer={MLP}&set={SAE}"
LINKS = {
    "draw": f"#/draw?layer={MLP}&set={SAE}",
    "units": UNITS,
    "wall": UNITS + "&view=wall",
    "unit": f"#/unit?layer={MLP}&set={SAE}&unit=3",
    "pinned": f"#/unit?layer={MLP}&set={SAE}&unit=3&pin={MLP}/Neurons-k16/2",
    "compare": f"#/compare?layer={MLP}",
    "image": f"#/image?layer={MLP}&set={SAE}&image=5",
    "atlas": f"#/atlas?layer={MLP}&set={SAE}&method=pca",
    "runs": "#/runs",
    "tour": "#/tour",
}


def settled(page):
    """Wait until no panel is busy and no skeleton is left."""
    page.wait_for_selector("h1")
    page.wait_for_function(
        "() => !document.querySelector('[aria-busy=true], .skeleton')"
        " && document.querySelector('.view')?.children.length > 1"
    )
    return page


def walk(page):
    """Every page one after the other, as a reader goes from one to the next."""
    for name, link in LINKS.items():
        page.evaluate("link => { location.hash = link }", link)
        page.wait_for_selector(f".view-{link.split('/')[1].split('?')[0]}")
        yield name, settled(page)
