# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation stands before the imports, as ansible-test wants it

"""The inventory of all accounts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vps
short_description: Servers at Hostwinds, Civo, Gcore and HosterAPI.de as an inventory
version_added: 1.0.0
author: polyhost.cloud contributors (@polyhost)
description:
  - Lists the servers of one account or of many, complete or not at all, or with a warning where you allow it.
  - The file's name ends in C(vps.yml) or C(vps.yaml).
  - Each host has the server's fields as variables, as M(polyhost.cloud.vps_instance_info) returns them, with O(hostvars_prefix) before each, and
    C(vps_uid) (provider, account and id), C(vps_running) and C(vps_stale).
  - Nothing that a provider says is ever evaluated as a template, composed values included.
  - A name that no host can have (white space, a colon, C(localhost)...) is not used. The next entry of O(hostnames) is, else provider
    and id. C(vps_name) keeps it.
  - A server without any of O(addresses) is added without C(ansible_host), with a warning.
extends_documentation_fragment:
  - polyhost.cloud.connection
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - Marks the file as one of this plugin.
    type: str
    required: true
    choices: [polyhost.cloud.vps]
  accounts:
    description:
      - The accounts, each a map of the connection options, O(regions) and O(on_error). A file with one account may have them on top instead.
      - Values may be templates and vault values.
    type: list
    elements: dict
  regions:
    description:
      - The regions to list, spelled as O(region) is. Left out, all are listed. Not together with O(region).
    type: list
    elements: str
  on_error:
    description:
      - What happens when an account cannot be listed completely. Each account may have its own.
      - V(fail) fails the whole file, and nothing is added. Ansible goes on with its other inventories and exit code 0 even so, unless
        C(any_unparsed_is_failed) is set in the section C(inventory) of the configuration.
      - V(warn) goes on without the account, or without the region that failed, with a warning.
      - V(stale) goes on with the last good answer, however old, with a warning, and C(vps_stale) is true. It needs a O(cache_plugin) that
        keeps its data, O(cache) or not.
    type: str
    choices: [fail, warn, stale]
    default: fail
  hostnames:
    description:
      - Where a host's name comes from, the first that brings a valid one.
      - V(name), V(id), V(rdns), V(public_ipv4), V(public_ipv6), V(private_ipv4), or a template.
    type: list
    elements: str
    default: [name]
  duplicate_hostnames:
    description:
      - What happens when several servers would have one name, whatever its case, those of other files of this plugin included.
      - V(suffix) adds its id to each (its account and id, where that is not enough). None keeps the bare name, which becomes a group of them,
        unless another group or host has it.
      - V(fail) fails.
    type: str
    choices: [suffix, fail]
    default: suffix
  addresses:
    description:
      - The addresses for C(ansible_host), the first that a server has.
    type: list
    elements: str
    choices: [public_ipv4, public_ipv6, private_ipv4]
    default: [public_ipv4, public_ipv6, private_ipv4]
  include:
    description:
      - Conditions; only servers for which one of them holds are added. They see the variables of the server.
      - One that reads what is undefined, a tag that a server lacks for instance, does not hold; under O(strict) it fails the file.
      - Any other failure fails the file in any case, and so does a variable that no server has.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Conditions; servers for which one of them holds are not added.
    type: list
    elements: str
    default: []
  hostvars_prefix:
    description:
      - Begins the name of each variable.
    type: str
    default: vps_
  default_groups:
    description:
      - Whether to make groups like C(provider_civo), C(account_shop), C(region_lon1), C(status_running), C(tag_role_web), all in lower case.
    type: bool
    default: true
seealso:
  - module: polyhost.cloud.vps_instance_info
"""

EXAMPLES = r"""
# shop.vps.yml: one account, its token from the environment
plugin: polyhost.cloud.vps
provider: civo

---
# all.vps.yml: many accounts, with groups by tag and a cache
plugin: polyhost.cloud.vps
accounts:
  - {provider: civo, account: shop, regions: [LON1, NYC1]}
  - {provider: civo, account: lab, api_token: "{{ lookup('ansible.builtin.env', 'LAB_TOKEN') }}", on_error: warn}
  - {provider: gcore, project: default}
  - {provider: hosterapi, ledger: ledger.json}
exclude: ["vps_status == 'building'"]
compose:
  ansible_user: vps_username | default('root', true)
keyed_groups:
  - {prefix: role, key: vps_tags.role}
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 300
"""

import os
import typing as t

from ansible.errors import AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, get_cache_plugin
from ansible.plugins.loader import cache_loader

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError, VpsError
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.accounts import ACCOUNT, STALE, read_accounts
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.answers import Accounts, Shelf
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.draft import Draft
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.expressions import Expressions
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.hosts import GROUP, server_of
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.source import Builder, Presentation

SUFFIXES = ("vps.yml", "vps.yaml")
Variables = t.Mapping[str, t.Any]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """See DOCUMENTATION."""

    NAME = "polyhost.cloud.vps"

    def verify_file(self, path: str) -> bool:
        """Whether the file may be one of ours."""
        if not super().verify_file(path):
            return False
        if not path.endswith(SUFFIXES):
            self.display.vvv(f"{self.NAME} skips {path}: its name does not end in {' or '.join(SUFFIXES)}")
            return False
        return True

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Take the options, save those of an account on top of the file: they may be templates, and ansible would check them before that."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct={key: value for key, value in (direct or {}).items() if key not in ACCOUNT})

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the servers of all accounts, or nothing."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            draft = self._draft(config, inventory, refresh=not cache)
        except VpsError as exc:
            raise AnsibleParserError(f"{path}: {exc}") from None
        draft.add_to(inventory)

    def _draft(self, config: t.Mapping[str, t.Any], inventory: t.Any, *, refresh: bool) -> Draft:
        presentation = Presentation.of(self.get_option)
        self.templar.available_variables = self._vars or {}
        accounts = read_accounts(config, self.templar.template, self.get_options())
        fresh = Shelf(self.cache, self.get_option("cache_timeout"), self.display.vvv) if self.get_option("cache") else None
        last = self._last_answers() if any(account.on_error == STALE for account in accounts) else None
        answers = Accounts(accounts, dict(os.environ), self.display.warning, self.display.vvv).answers(fresh, last, refresh=refresh)

        self._expressions = Expressions(self._evaluate, self._decide, remember=not self.get_option("use_extra_vars"))
        builder = Builder(presentation, self._expressions, self._render, self._sanitize_group_name, self.display.warning)
        draft = Draft(builder.marker.mark)
        self.inventory = draft  # the base class builds in it
        compose, keyed_groups, strict = (self.get_option(option) for option in ("compose", "keyed_groups", "strict"))

        servers = {name.casefold(): server for name, host in inventory.hosts.items() if (server := server_of(host.vars))}

        def holder(name: str) -> str | None:
            if name in inventory.groups:
                return GROUP
            return servers.get(name.casefold()) or ("" if name in inventory.hosts else None)

        for host in builder.hosts(answers, holder):
            draft.hosts[host.name] = host.facts
            self._set_composite_vars(compose, {**host.facts, "inventory_hostname": host.name}, host.name, strict)
            variables = {**host.facts, "inventory_hostname": host.name}
            builder.groups(draft, host, variables)
            self._add_host_to_keyed_groups(keyed_groups, variables, host.name, strict, fetch_hostvars=False)
        builder.bare_names(draft, holder)
        return draft

    def _last_answers(self) -> Shelf:
        """Where good answers wait for worse times."""
        name = self.get_option("cache_plugin")
        plugin = cache_loader.get(name, class_only=True)
        in_memory = name.rpartition(".")[2] == "memory" or not getattr(plugin, "_persistent", True)  # only later versions of ansible-core have the mark
        if plugin is None or in_memory:
            raise OptionError(
                f"on_error: stale needs a cache_plugin that keeps its data, and {name} does not",
                hint="Set cache_plugin, to ansible.builtin.jsonfile for instance, and cache_connection.",
                option="on_error",
            )
        options = {key: self.get_option(option) for key, option in (("_uri", "cache_connection"), ("_prefix", "cache_prefix"))}
        return Shelf(get_cache_plugin(name, _timeout=0, **{key: value for key, value in options.items() if value is not None}), 0, self.display.vvv)

    # -- expressions ------------------------------------------------------------------------------------------------

    def _compose(self, template: str, variables: Variables, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Where the base class evaluates an expression."""
        return self._expressions.value(template, variables)

    def _evaluate(self, expression: str, variables: Variables) -> t.Any:
        return super()._compose(expression, variables)

    def _decide(self, condition: str, variables: Variables) -> bool:
        self.templar.available_variables = variables
        if hasattr(self.templar, "evaluate_conditional"):
            return bool(self.templar.evaluate_conditional(condition))
        return bool(boolean(self.templar.template("{% if " + str(condition) + " %}True{% else %}False{% endif %}")))  # ansible-core before 2.19

    def _render(self, template: str, variables: Variables) -> t.Any:
        self.templar.available_variables = variables
        return self.templar.template(template)
