# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that changes things."""

from __future__ import annotations


class ModuleDocFragment:
    """C(wait), C(allow), C(expect), C(expect_plan), C(on_drift)."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the provider has finished.
      - With V(false) the task ends once the provider has accepted. The RV(ignore:id) is null where it is not told yet, and what needs a
        settled server is left to the next run and named in a warning, never in RV(ignore:plan).
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait in all. When they are over the task fails with the object's id (or the provider's task or job id), and the
        next run continues.
      - Default by provider, see P(polyhost.cloud.vps_provider_info#module).
    type: float
  allow:
    description:
      - Effects that may happen to what exists already. A wanted change that needs one which is not listed fails before the
        first write and says which to add.
      - V(restart) a reboot, V(rebuild) a reinstallation or a restore, which overwrite the disk, V(replace) delete and create, V(detach) taking something
        away from an instance, V(cost) spending money.
      - Making a new object needs none. A O(ignore:state) is its own consent, except V(rebuilt), V(restored) and V(replaced).
    type: list
    elements: str
    choices: [restart, rebuild, replace, detach, cost]
    default: []
  expect:
    description:
      - A guard for what cannot be undone (absent, rebuilt, restored, replace). A map of fields of the object that must have these values,
        else the task fails before the first write.
    type: dict
    default: {}
  expect_plan:
    description:
      - The RV(ignore:plan_id) that was approved, for example in check mode. When the plan is another one now, the task fails before the first
        write and shows both. An empty plan is always accepted.
    type: str
  on_drift:
    description:
      - What to do about differences that this task does not act on.
      - V(warn) tells them, V(fail) fails before the first write, V(ignore) only returns them in RV(ignore:drift).
    type: str
    choices: [warn, fail, ignore]
    default: warn
"""
