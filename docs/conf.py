"""Sphinx, offline: `dav2 course site` puts the pages together and builds them with this."""

project = "dav2"
author = "the authors of dav2"
copyright = "the authors of dav2, Apache-2.0"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["README.md"]  # it is a part of index.md
suppress_warnings = ["docutils"]  # docstrings are plain text and Markdown, not reStructuredText

html_theme = "sphinx_book_theme"
html_title = "dav2"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "show_navbar_depth": 1,
    "use_download_button": False,
    "logo": {"text": "dav2"},
}
html_sidebars = {"**": ["navbar-logo.html", "sbt-sidebar-nav.html"]}  # the search is above

# Lessons come executed, from a run. What a reader sees is a picture; widgets need a kernel.
nb_execution_mode = "off"
nb_output_stderr = "remove"
nb_mime_priority_overrides = [("html", "image/png", 0)]
myst_enable_extensions = ["substitution"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True


def setup(app):
    """Leave out the fields of named tuples: autodoc only knows their numbers."""
    app.connect(
        "autodoc-skip-member",
        lambda app, what, name, thing, skip, options: (
            skip or type(thing).__name__ == "_tuplegetter"
        ),
    )
