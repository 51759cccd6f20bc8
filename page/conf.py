"""How Sphinx makes the web edition of what page/build.py wrote into build/page-source."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parent
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax" / "tex-svg.js"

project = html_title = "The Network Is a Differential Equation"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_render_markdown_format = "gfm"  # the ledger is a table
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "footer_content_items": "extra-footer.html",
    "extra_footer": "Code: MIT licence. Text and pictures: CC BY 4.0.",
}
html_static_path = [str(path) for path in (*sorted(HERE.glob("*.css")), *sorted(HERE.glob("*.js")), MATHJAX)]
html_css_files = [path.name for path in sorted(HERE.glob("*.css"))]
html_js_files = [(path.name, {"defer": "defer", "priority": 100}) for path in sorted(HERE.glob("*.js"))]
html_copy_source = html_show_sourcelink = html_show_search_summary = False  # a file:// page cannot fetch
html_show_sphinx = html_show_copyright = html_use_index = False
mathjax_path = MATHJAX.name
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"scale": 0.92}}
html_context = {"default_mode": "auto"}  # light or dark as the reader has it
