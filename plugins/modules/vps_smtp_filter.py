#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get rid of the filters of one server's outgoing mail."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_smtp_filter
short_description: Order the fee that takes SMTP filters away at Hostwinds
version_added: 1.0.0
description:
  - Hostwinds filters the outgoing mail of servers that were seen sending spam, and of some new ones. The filter goes when a clean-up fee is paid.
  - Orders that fee where a filter is listed without an invoice, and only there. It never orders a second one, neither in this run nor while an
    invoice is listed. The invoice is in the result; it is paid in the panel, or by whatever Hostwinds has on file.
  - When the answer to the order is lost, the module looks for the invoice. A run that was killed leaves a note on the controller, by which the next
    one looks before it orders again; where nobody can know what became of the order, it fails and names the note. Two tasks of one controller
    order one after the other.
  - Check mode is the same path without the sending. It returns the plan, the predicted filters and the diff.
  - The other providers have nothing like it. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - Needed, except in check mode, where an earlier task may be about to make the server.
    type: str
  state:
    description:
      - V(absent) orders the fee, which needs V(cost) in O(allow). A server that does not exist has no filters.
    type: str
    choices: [absent]
    default: absent
seealso:
  - module: polyhost.cloud.vps_smtp_filter_info
  - module: polyhost.cloud.vps_rdns
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: What it would take to send mail
  polyhost.cloud.vps_smtp_filter:
    provider: hostwinds
    instance: mail1
    allow: [cost]
  check_mode: true

- name: Order the fee, if there is a filter and no invoice yet
  polyhost.cloud.vps_smtp_filter:
    provider: hostwinds
    instance: mail1
    allow: [cost]
  register: mail

- name: What is to be paid
  ansible.builtin.debug:
    msg: "Invoice {{ item.invoice_id }}"
  loop: "{{ mail.smtp_filter.filters }}"
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: C(order).
      type: str
      returned: always
    field:
      description: C(cleanup_fee).
      type: str
      returned: always
    before:
      description: Null.
      type: raw
      returned: always
    after:
      description: Null.
      type: raw
      returned: always
    effect:
      description: C(none).
      type: str
      returned: always
    cost:
      description: C(true).
      type: bool
      returned: always
    price:
      description: Null; Hostwinds does not list the fee.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, server and steps; equal in check mode and in the real run that follows. See O(expect_plan).
  returned: always
  type: str
approvable:
  description: False when an input is not known yet, in check mode what an earlier task would make.
  returned: always
  type: bool
drift:
  description: Always empty.
  returned: always
  type: list
  elements: dict
diff:
  description: Managed fields before and after.
  returned: with C(--diff)
  type: dict
smtp_filter:
  description: The filters of the server and the invoice, in check mode as predicted.
  returned: always
  type: dict
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
      description:
        - Its filters; empty where its mail is not filtered. A fee that is paid at once, by what Hostwinds has on file, takes its filter off the list
          together with the invoice.
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
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.smtp_filter import VPS_SMTP_FILTER
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SMTP_FILTER)


if __name__ == "__main__":
    main()
