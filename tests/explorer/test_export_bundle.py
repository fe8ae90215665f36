"""Modules become one script that does the same, or a sentence says which form is not known."""

import re

import pytest

from sememe.explorer.export.bundle import BundleError, bundle
from sememe.explorer.export.page import page_script, sources

FILES = {
    "a/start.js": """import { twice, base as ten } from "./b.js";
import * as deep from "../c.js";
window.found = [twice(ten), deep.name, deep.Kind.word];
window.later = import("./later.js").then(({ more }) => more);
""",
    "a/b.js": """import { factor } from "../c.js";
export const base = 10;
export function twice(x) {
  return factor * x;
}
""",
    "a/later.js": """import { factor } from "../c.js";
export const more = factor + 1;
""",
    "c.js": """export const factor = 2;
export const name = "c";
export class Kind {
  static word = "kind";
}
const base = 3;
void base;
""",
}


def test_a_script_runs_each_module_once_and_in_order(chromium):
    page = chromium.new_context().new_page()
    page.set_content(f"<script>{bundle(FILES, 'a/start.js')}</script>")
    assert page.evaluate("window.found") == [20, "c", "kind"]
    assert page.evaluate("window.later") == 3
    page.context.close()


def test_the_same_files_give_the_same_script():
    assert bundle(FILES, "a/start.js") == bundle(dict(reversed(FILES.items())), "a/start.js")
    assert page_script() == page_script()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { x } from "./gone.js";\n', "no module gone.js, which start.js imports"),
        ('import { x } from "./start.js";\n', "in a circle: start.js -> start.js"),
        ("export default 3;\n", "start.js has a form that is not bundled: export default 3;"),
        ('const x = () => import("./gone.js");\n', "no module gone.js, which start.js imports"),
        ("const x = (name) => import(name);\n", "a form that is not bundled"),
        ("const x = import.meta.url;\n", "a form that is not bundled"),
        ('const x = "</script>";\n', "would end the script"),
    ],
)
def test_what_cannot_be_bundled_is_named(source, message):
    with pytest.raises(BundleError, match=re.escape(message)):
        bundle({"start.js": source}, "start.js")


def test_a_comment_may_speak_of_imports():
    assert "import(" in bundle({"start.js": "// what import() does\nwindow.x = 1;\n"}, "start.js")


def test_the_files_pages_are_four_of_the_servers_under_the_same_names():
    found = {}
    for name in ("app/pages/index.js", "app/standalone/pages.js"):
        rows = re.findall(r'name: "(\w+)", title: "(\w+)", key: "(\w)"', sources(".js")[name])
        found[name] = {page: (title, key) for page, title, key in rows}
    everything, own = found.values()
    assert own == {page: everything[page] for page in ("draw", "units", "unit", "compare")}
