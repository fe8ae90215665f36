"""Figures without a browser."""

from xml.etree import ElementTree

from sememe.studies.panel_svg import panels_svg
from sememe.studies.panels import Panel, series

NAN = float("nan")
LINES = (
    series("neurons", "neurons", [(16, 0.2, 0.1, 0.3), (8, 0.1, NAN, NAN)]),
    series("TopK <SAE>", "features", [(8, 0.3, 0.2, 0.4), (16, 0.5, 0.4, 0.6)]),
    series("random directions", "control", [(8, 0.25, 0.2, 0.3)]),
)
PANEL = Panel("a & b", "neurons", "", LINES, x_ticks=(8, 16), x_log=True)


def drawn(*panels):
    return ElementTree.fromstring(panels_svg(panels))


def texts(root):
    return [element.text for element in root.iter() if element.tag.endswith("text")]


def test_the_file_is_whole_xml_with_every_name_in_it():
    found = texts(drawn(PANEL))
    assert {"a & b", "neurons", "TopK <SAE>", "random directions", "8", "16"} <= set(found)


def test_a_line_is_named_once_for_all_panels():
    assert texts(drawn(PANEL, PANEL)).count("TopK <SAE>") == 1


def test_points_stand_in_the_order_of_x_and_higher_is_higher():
    lines = [e.get("points") for e in drawn(PANEL).iter() if e.tag.endswith("polyline")]
    first, second = (tuple(map(float, place.split(","))) for place in lines[0].split())
    assert first[0] < second[0]
    assert first[1] > second[1]  # SVG counts downwards


def test_an_interval_that_is_not_known_is_not_drawn():
    # One of neurons' two, both of the features', one of the control's; and three in the legend.
    lines = [e for e in drawn(PANEL).iter() if e.tag.endswith("}line")]
    bars = [e for e in lines if "line" in e.get("class").split()]
    assert len(bars) == 4 + 3


def test_equal_numbers_give_equal_bytes():
    assert panels_svg([PANEL]) == panels_svg([PANEL])


def test_both_themes_are_in_the_file():
    assert "@media(prefers-color-scheme:dark)" in panels_svg([PANEL])
