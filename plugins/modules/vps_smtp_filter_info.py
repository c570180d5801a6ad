#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the filters of outgoing mail."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_smtp_filter_info
short_description: Read SMTP filters at Hostwinds
version_added: 1.0.0
description:
  - Lists the servers whose outgoing mail is filtered, with the filters and their invoices, or fails. It never writes.
  - Each server costs a call, since the list of the whole account does not tell whose filters they are.
  - Nothing found is an empty list. The other providers have no such filters, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Only the server with this name or id. A server that does not exist has no filters.
    type: str
seealso:
  - module: polyhost.cloud.vps_smtp_filter
"""

EXAMPLES = r"""
- name: All servers whose mail is filtered
  polyhost.cloud.vps_smtp_filter_info:
    provider: hostwinds
  register: found

- name: Those for which no fee was ordered yet
  ansible.builtin.debug:
    msg: "{{ found.smtp_filters | rejectattr('invoiced') | map(attribute='instance.name') | list }}"
"""

RETURN = r"""
smtp_filters:
  description: The servers that have filters, one entry each.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server, with C(id) and C(name).
      type: dict
      returned: always
    filters:
      description: Its filters; empty where its mail is not filtered.
      type: list
      elements: dict
      returned: always
      contains:
        type:
          description: What is filtered, in the provider's word.
          type: str
          returned: always
        created:
          description: Since when, as the provider writes it, without a time zone.
          type: str
          returned: always
        invoice_id:
          description: The invoice of the clean-up fee; null where none was ordered.
          type: str
          returned: always
    invoiced:
      description: Whether the clean-up fee is ordered already; null where there is no filter.
      type: bool
      returned: always
supported:
  description: Whether the provider has such filters.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.smtp_filter import VPS_SMTP_FILTER_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SMTP_FILTER_INFO)


if __name__ == "__main__":
    main()
