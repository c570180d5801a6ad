# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets unit tests import the collection and load its plugins under plain pytest; C(ansible-test units) does that by itself."""

from __future__ import annotations

import contextlib

# ansible-test hides the controller's code from tests of modules and module_utils.
with contextlib.suppress(ImportError):
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()  # reads ANSIBLE_COLLECTIONS_PATH
