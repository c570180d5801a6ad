#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read load figures."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_metrics_info
short_description: Read load figures of virtual servers at Gcore and HosterAPI.de
version_added: 1.0.0
description:
  - Reads processor, memory, network and disk figures in one shape, with times in UTC and the unit in the name of each figure. It never writes.
  - Gcore tells a series of points. HosterAPI.de tells one point, of now.
  - Hostwinds and Civo tell no figures, so the list is empty there, with RV(supported) false and a warning.
  - A figure that the provider does not tell is null. A stopped server has few of them, or no points at all.
  - Each server costs a call.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Only the server with this name or id. Left out, every server of the region or account.
      - A server that does not exist is an empty list.
    type: str
  hours:
    description:
      - Gcore, how far back the series goes. Beyond 168 hours the provider is asked for as many whole days as hold them.
      - From 1 to 8760.
    type: int
    default: 1
seealso:
  - module: polyhost.cloud.vps_instance_info
"""

EXAMPLES = r"""
- name: The load of a server over the last day
  polyhost.cloud.vps_metrics_info:
    provider: gcore
    region: Luxembourg-2
    instance: web1
    hours: 24
  register: load

- name: Show when it was busy
  ansible.builtin.debug:
    msg: "{{ load.metrics[0].points | selectattr('cpu_percent') | selectattr('cpu_percent', '>', 80) | map(attribute='time') | list }}"
  when: load.metrics | length > 0

- name: The load of every server now
  polyhost.cloud.vps_metrics_info:
    provider: hosterapi
    ledger: /var/lib/polyhost/ledger.json
  register: now
"""

RETURN = r"""
metrics:
  description: The figures, server by server.
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
    points:
      description: The points in time, oldest first.
      type: list
      elements: dict
      returned: always
      contains:
        time:
          description: When it was, ISO 8601 in UTC.
          type: str
          returned: always
        cpu_percent:
          description: Use of the processors, in percent.
          type: float
          returned: always
        memory_percent:
          description: Use of the memory, in percent.
          type: float
          returned: always
        memory_used_mb:
          description: Memory in use, in MiB. HosterAPI.de.
          type: int
          returned: always
        memory_total_mb:
          description: Memory of the server, in MiB. HosterAPI.de.
          type: int
          returned: always
        network_in_bytes:
          description: What came in since the start, a counter. HosterAPI.de.
          type: int
          returned: always
        network_out_bytes:
          description: What went out since the start, a counter. HosterAPI.de.
          type: int
          returned: always
        network_in_bytes_per_second:
          description: What came in, a rate. Gcore.
          type: float
          returned: always
        network_out_bytes_per_second:
          description: What went out, a rate. Gcore.
          type: float
          returned: always
        network_in_packets_per_second:
          description: Packets that came in, a rate. Gcore.
          type: float
          returned: always
        network_out_packets_per_second:
          description: Packets that went out, a rate. Gcore.
          type: float
          returned: always
        uptime_seconds:
          description: Seconds since the start. HosterAPI.de.
          type: int
          returned: always
        disks:
          description:
            - The disks, each with C(name), C(read_bytes_per_second), C(written_bytes_per_second), C(reads_per_second) and C(writes_per_second). Gcore.
          type: list
          elements: dict
          returned: always
supported:
  description: Whether the provider tells load figures.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.figures import VPS_METRICS_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_METRICS_INFO)


if __name__ == "__main__":
    main()
