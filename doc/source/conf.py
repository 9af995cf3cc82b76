"""How the documentation is built."""

project = "stackprobe"
author = "the stackprobe authors"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "stackprobe"
exclude_patterns = []
autodoc_mock_imports: list[str] = []
