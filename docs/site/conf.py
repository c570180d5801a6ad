# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the site. Strict: a reference that leads nowhere is an error."""

from __future__ import annotations

project = "polyhost.cloud"
copyright = "polyhost.cloud contributors"
title = html_title = html_short_title = "polyhost.cloud"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
default_role = "any"
nitpicky = True
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
# Pygments cannot read a comma after an expression in folded text; all YAML of the guides is run by a test.
suppress_warnings = ["misc.highlighting_failure"]

# Ansible's own pages that module pages refer to. The inventory lies here, so that the site is built without a network.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/devel/", "ansible.inv")}

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "collapse_navigation": False,
    "navigation_depth": 2,
    "show_extranav": False,
}
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_use_index = False
html_copy_source = False
