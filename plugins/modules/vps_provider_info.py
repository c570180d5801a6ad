#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell what each provider can do."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_provider_info
short_description: Tell what each provider can do, and how
version_added: 1.0.0
description:
  - Returns the capabilities of the providers as data. It needs no account and sends nothing.
  - O(provider) is optional here, only that one is returned when it is given. The other connection options are accepted, so that the
    C(module_defaults) of the whole action group reach this module too, and ignored.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options: {}
seealso:
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_rdns
  - module: polyhost.cloud.vps_firewall
  - module: polyhost.cloud.vps_backup
"""

EXAMPLES = r"""
- name: What can Civo do
  polyhost.cloud.vps_provider_info:
    provider: civo
  register: info

- name: Is there a rescue system
  ansible.builtin.debug:
    msg: "{{ info.providers[0].options.rescue or 'no' }}"

- name: Can old backups be deleted
  ansible.builtin.debug:
    msg: "{{ info.providers[0].backup.keep or 'no' }}"
"""

RETURN = r"""
providers:
  description: The providers.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The value of the option C(provider).
      type: str
      returned: always
    title:
      description: Its name in sentences.
      type: str
      returned: always
    api_url:
      description: The default address of its API.
      type: str
      returned: always
    environment:
      description: The environment variables of C(api_token) and C(api_url).
      type: dict
      returned: always
    defaults:
      description: C(request_timeout) and C(wait_timeout) in seconds, C(rate_limit) in requests per second.
      type: dict
      returned: always
    region:
      description: What C(region) takes.
      type: str
      returned: always
    project:
      description: What C(project) takes, null where there are none.
      type: str
      returned: always
    names:
      description: Where a name is looked up.
      type: str
      returned: always
    states:
      description: The supported values of C(state) of M(polyhost.cloud.vps_instance).
      type: list
      elements: str
      returned: always
    required:
      description: The options that creating an instance needs.
      type: list
      elements: str
      returned: always
    options:
      description: What each option of M(polyhost.cloud.vps_instance) takes, null where the provider does not support it.
      type: dict
      returned: always
    instead:
      description: For what is not supported, what to do instead, such as C(rescue) or C(firewall.deny).
      type: dict
      returned: always
    rename:
      description: How a rename works.
      type: str
      returned: always
    resize:
      description: How a change of size works.
      type: str
      returned: always
    catalog:
      description: Which lists M(polyhost.cloud.vps_catalog_info) has.
      type: dict
      returned: always
    rdns:
      description: What M(polyhost.cloud.vps_rdns) can do, null for what the provider does not support.
      type: dict
      returned: always
    firewall:
      description: What M(polyhost.cloud.vps_firewall) can do, null for what the provider does not support.
      type: dict
      returned: always
    backup:
      description: What M(polyhost.cloud.vps_backup) can do, null for what the provider does not support.
      type: dict
      returned: always
    address:
      description: What M(polyhost.cloud.vps_address) can do, null for what the provider does not support.
      type: dict
      returned: always
    volume:
      description: What M(polyhost.cloud.vps_volume) can do, null for what the provider does not support.
      type: dict
      returned: always
    interface:
      description: What M(polyhost.cloud.vps_interface) can do, null for what the provider does not support.
      type: dict
      returned: always
    smtp_filter:
      description: What M(polyhost.cloud.vps_smtp_filter) can do, null for what the provider does not support.
      type: dict
      returned: always
    dedicated:
      description: What M(polyhost.cloud.vps_dedicated) can do, null for what the provider does not support.
      type: dict
      returned: always
    software:
      description: What M(polyhost.cloud.vps_software) can do, null for what the provider does not support.
      type: dict
      returned: always
    console:
      description: What M(polyhost.cloud.vps_console) can do, null for what the provider does not support.
      type: dict
      returned: always
    metrics:
      description: What M(polyhost.cloud.vps_metrics_info) can do, null for what the provider does not support.
      type: dict
      returned: always
    quota:
      description: What M(polyhost.cloud.vps_quota_info) can do, null for what the provider does not support.
      type: dict
      returned: always
    ssh_key:
      description: What M(polyhost.cloud.vps_ssh_key) can do, null for what the provider does not support.
      type: dict
      returned: always
    name_template:
      description: What M(polyhost.cloud.vps_name_template) can do, null for what the provider does not support.
      type: dict
      returned: always
    instance_info:
      description: What M(polyhost.cloud.vps_instance_info) can gather and search, null for what the provider does not tell.
      type: dict
      returned: always
    catalog_info:
      description: What M(polyhost.cloud.vps_catalog_info) can list and narrow down, null for what the provider does not tell.
      type: dict
      returned: always
    features:
      description: Further facts, in words.
      type: dict
      returned: always
    operations:
      description: Every operation of the provider's own API document, and those that are used besides, with where it is found.
      type: list
      elements: dict
      returned: always
      contains:
        operation:
          description: The provider's name for it.
          type: str
          returned: always
        module:
          description: The module that reaches it, null where none does.
          type: str
          returned: always
        how:
          description: The option or state that reaches it, or why it is not used.
          type: str
          returned: always
        listed:
          description: Whether the provider's own document has it.
          type: bool
          returned: always
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.provider_info import VPS_PROVIDER_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_PROVIDER_INFO)


if __name__ == "__main__":
    main()
