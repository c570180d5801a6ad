# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Gcore cloud: the table of its operations, its answers to strangers, and the hands of the control API."""

from __future__ import annotations

import copy
import functools
import typing as t

from . import gcore_catalog as catalog
from .base import Call, Handler, Request, Response, Route
from .gcore_frame import (
    ApiError,
    Hold,
    Record,
    Scope,
    body_of,
    conflict,
    invalid,
    not_found,
    text_of,
    texts_of,
)
from .gcore_instances import VM_STATES, InstanceCalls

_NAME_LISTS = tuple(f"allowed_{kind}name{system}_templates" for kind in ("", "bm_") for system in ("", "_win"))
_STRUCTURE = {"id", "project_id", "region_id", "ports", "volumes", "platform_tags", "overrides", "created", "updated", "hidden"}
_QUOTED = 6  # characters of a bad token that the provider's error text quotes (section 3)


class GcoreProvider(InstanceCalls):
    """Gcore: projects in regions, tasks for nearly everything, two vocabularies."""

    faults: t.ClassVar[dict[str, str]] = {
        "task_fails": "the task ends in ERROR, nothing is left behind; options: error (its text)",
        "half_created": "as task_fails, but a server, volume or snapshot in an error status stays",
        "double": "one create makes two servers, snapshots or groups and two tasks; the answer names the first task only",
        "nothing": "the answer names a task that never appears, and nothing happens",
        "late": "the task stays NEW and its server unlisted for a while; options: seconds, polls, hidden (from lists of tasks too)",
        "task_404": "the fresh task answers 404 to its first reads; options: polls (2)",
        "no_effect": "the call succeeds and its task finishes, but nothing changes",
        "two_tasks": "the answer lists two tasks, and the second fails; options: error (its text)",
        "console_locked": "the console answers 409",
    }

    # -- the frame -----------------------------------------------------------------------------------------------------------------

    def initial_state(self) -> dict[str, t.Any]:
        return catalog.fresh_state()

    def reset(self) -> None:
        """A fresh account: no servers but the node of a managed cluster, which lists show unless told otherwise (hazard H13)."""
        super().reset()
        node = self.seed_instance(Scope(int(self.default_project), 4), "k8s-node-1", "g2-standard-2-4", "ubuntu-22.04-x64")
        node["k8s"] = True

    def routes(self) -> t.Sequence[Route]:
        return self._routes

    def unauthorised(self, request: Request) -> Response | None:
        """Anything but C(APIKey <token>) is 401; the scheme is compared without case (reading 1)."""
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return self._error(ApiError(401, "not_authenticated", "Authentication credentials were not provided."))
        if scheme.lower() != "apikey":
            return self._error(ApiError(401, "not_authenticated", "Given token not valid for any token type."))
        if token.strip() != self.token:
            return self._error(ApiError(401, "token_not_valid", f"Bad permanent token: {token.strip()[:_QUOTED]}..."))
        return None

    def unknown(self, request: Request) -> Response:
        """405 where another method would do, else 404."""
        if any(route.match(Request(route.method, request.path, {}, {})) is not None for route in self._routes):
            return self._error(ApiError(405, "HTTPError", "Method Not Allowed"))
        return self._error(not_found("Path", request.path))

    def rate_limited(self, retry_after: float | None) -> Response:
        answer = self._error(ApiError(429, "TooManyRequests", "Too many requests"))
        if retry_after is not None:
            answer.headers["Retry-After"] = f"{retry_after:g}"
        return answer

    def _error(self, error: ApiError) -> Response:
        body = {"exception_class": error.exception_class, "message": error.message, "request_id": self.new_uuid().replace("-", ""), **error.extra}
        return Response(error.status, body)

    def _answer(self, handler: Handler, mutates: bool, call: Call) -> Response:
        """Run a handler, turn its errors into bodies, and undo what the faults C(nothing) and C(no_effect) forbid."""
        undoable = mutates and call.fault in ("nothing", "no_effect")
        before = copy.deepcopy(self.state) if undoable else {}
        try:
            answer = handler(call)
        except ApiError as error:
            return self._error(error)
        if undoable and (call.fault == "nothing" or self.state["pending"] == before["pending"]):
            self.state = {**before, "next": self.state["next"]}
        elif undoable:  # a task that is to have no effect still exists; it drops its effect itself, and costs nothing
            self.state["money"] = before["money"]
        return answer

    # -- control ---------------------------------------------------------------------------------------------------------------------

    def instances(self) -> list[Record]:
        """The account's servers, also those whose task has not begun; nodes of managed clusters are not among them."""
        return [
            {"id": instance["id"], "name": instance["name"], "region": str(instance["region_id"]), "status": instance["status"]}
            for instance in self.every_instance()
        ]

    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        """Make settled servers.

        C(name) is the name of one, else their prefix (C(srv-1), C(srv-2)...); C(region), C(project), C(flavor) and C(image)
        say where and what; any other field goes to C(patch).

        Raises:
            KeyError: there is no such region, project, flavor or image.
        """
        name = str(fields.pop("name", "srv"))
        scope = Scope(int(fields.pop("project", self.default_project)), int(fields.pop("region", 4)))
        flavor, image = str(fields.pop("flavor", "g2-standard-1-2")), str(fields.pop("image", "ubuntu-22.04-x64"))
        names = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
        made = [str(self.seed_instance(scope, one, flavor, image)["id"]) for one in names]
        for key in made if fields else []:
            self.patch(key, fields)
        return made

    def vanish(self, instance_id: str) -> None:
        """Remove a server at once; its volumes and floating IPs stay as after a plain delete.

        Raises:
            KeyError: there is no such server.
        """
        scope, instance = self._anywhere(instance_id)
        self.remove_instance(scope, instance)

    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        """Change raw fields of a server.

        C(address) is its first fixed address, C(tags) a map, C(flavor) a flavor id; C(lock=true) makes a task that holds it.
        A new C(status) brings its C(vm_state) along. What a server does not have is shown as given.

        Raises:
            KeyError: there is no such server or flavor.
            ValueError: the field holds the server together, or the tags are no map.
        """
        scope, instance = self._anywhere(instance_id)
        changes = dict(fields)
        for key in _STRUCTURE & set(changes):
            raise ValueError(f"{key} cannot be changed")
        if not isinstance(changes.get("tags", {}), dict):
            raise ValueError("tags is a map")
        if "status" in changes:
            changes.setdefault("vm_state", VM_STATES.get(changes["status"], instance["vm_state"]))
        if "address" in changes:
            instance["ports"][0]["ip_assignments"][0]["ip_address"] = changes.pop("address")
        if changes.pop("lock", False):
            self.start_task(None, scope, "update_vm", holds=[Hold("instances", instance)])
        if "flavor" in changes:
            changes["flavor"] = self.state["flavors"][changes["flavor"]]["flavor_id"]
        for key, value in changes.items():
            (instance if key in instance else instance["overrides"])[key] = value
        instance["updated"] = self.clock.now()

    def _anywhere(self, instance_id: str) -> tuple[Scope, Record]:
        for shelf in self.state["instances"].values():
            if instance_id in shelf:
                instance = shelf[instance_id]
                return Scope(instance["project_id"], instance["region_id"]), instance
        raise KeyError(instance_id)

    # -- projects, regions, images, keys ----------------------------------------------------------------------------------------------

    def list_projects(self, call: Call) -> Response:
        """C(projects.list)"""
        name = str(call.request.query_value("name", ""))
        return self.page(call, [project for project in self.state["projects"] if name in project["name"]], dict, default=100)

    def list_regions(self, call: Call) -> Response:
        """C(regions.list): also those that are not active; the name filter ignores case."""
        name = call.request.query_value("display_name")
        found = [region for region in self.state["regions"] if name is None or region["display_name"].lower() == name.lower()]
        return self.page(call, found, dict, default=100)

    def list_images(self, call: Call) -> Response:
        """C(images.list)"""
        scope = self.scope(call)
        found = self.visible("images", scope)
        name = str(call.request.query_value("name", ""))
        for field in ("os_distro", "os_version", "visibility"):
            wanted = call.request.query_value(field)
            found = [image for image in found if wanted in (None, image[field])]
        return self.page(call, [image for image in found if name in image["name"]], lambda image: {**image, **self.place(scope)})

    def list_ssh_keys(self, call: Call) -> Response:
        """C(ssh_keys.list): of the project, ten a page, the name filter is a substring."""
        project = self.project(call)
        name = str(call.request.query_value("name", ""))
        found = [key for key in self.state["ssh_keys"][str(project)].values() if name in key["name"]]
        return self.page(call, found, lambda key: {**key, "project_id": project}, default=10)

    def create_ssh_key(self, call: Call) -> Response:
        """C(ssh_keys.create): without a public key the answer shows a private one, this once (section 9)."""
        project = self.project(call)
        body = body_of(call)
        name = text_of(body, "name")
        keys = self.state["ssh_keys"][str(project)]
        if any(key["name"] == name for key in keys.values()):
            raise conflict(f"SSH key {name} already exists")
        self.check_quota(Scope(project, 0), {"keypair_count": 1})
        identity, private = self.new_uuid(), None
        if body.get("public_key") is None:
            private = f"-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET-{identity}\n-----END OPENSSH PRIVATE KEY-----\n"
        public = text_of(body, "public_key", 10000) if private is None else f"{catalog.key_line(identity)} Generated-by-{name}"
        keys[identity] = {**catalog.ssh_key(identity, name, public), "shared_in_project": body.get("shared_in_project", True)}
        return Response(201, {**keys[identity], "project_id": project, "private_key": private})

    def delete_ssh_key(self, call: Call) -> Response:
        """C(ssh_keys.delete)"""
        if self.state["ssh_keys"][str(self.project(call))].pop(call.params["ssh_key_id"], None) is None:
            raise not_found("SSH key", call.params["ssh_key_id"])
        return Response(204)

    # -- reseller calls (section 5.12, reading 31) ----------------------------------------------------------------------------------------

    def list_reseller_names(self, call: Call) -> Response:
        """C(reseller_names.list)"""
        self.resellers_only()
        return self.everything(list(self.state["reseller_names"].values()))

    def put_reseller_names(self, call: Call) -> Response:
        """C(reseller_names.put)"""
        self.resellers_only()
        body = body_of(call)
        for name in ("region_id", "reseller_id"):
            if not isinstance(body.get(name), int):
                raise invalid(name, "An integer is required.")
        lists = (*_NAME_LISTS, "allowed_lb_name_templates")
        entry: Record = {name: texts_of(body, name) if body.get(name) is not None else None for name in lists}
        entry.update(region_id=body["region_id"], reseller_id=body["reseller_id"], allow_custom_name=body.get("allow_custom_name", True))
        entry["allowed_lb_name_restriction"] = body.get("allowed_lb_name_restriction")
        entry["name_templates_limited"] = any(entry[name] is not None for name in lists)
        self.state["reseller_names"][f"{body['reseller_id']}/{body['region_id']}"] = entry
        return Response(200, entry)

    def delete_reseller_names(self, call: Call) -> Response:
        """C(reseller_names.delete): drops all restrictions."""
        self.resellers_only()
        key = f"{call.params['reseller_id']}/{call.params['region_id']}"
        if self.state["reseller_names"].pop(key, None) is None:
            raise not_found("Reseller name template", key)
        return Response(204)

    def available_names(self, call: Call) -> Response:
        """C(reseller_names.available) and the deprecated C(instances.available_names)."""
        self.resellers_only()
        scope = self.scope(call)
        entry: Record = next((entry for entry in self.state["reseller_names"].values() if entry["region_id"] == scope.region), {})
        names = (*_NAME_LISTS, "allowed_lb_name_templates", "allowed_lb_name_restriction")
        limits = {"custom_name_allowed": entry.get("allow_custom_name", True), "name_templates_limited": entry.get("name_templates_limited", False)}
        return Response(200, {**limits, **{name: entry.get(name) for name in names}})

    # -- the table ---------------------------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _routes(self) -> tuple[Route, ...]:
        scope, server = "{project_id}/{region_id}", "{project_id}/{region_id}/{instance_id}"
        group, policy = f"{scope}/{{group_id}}", f"{scope}/{{policy_id}}"
        reads: list[tuple[str, str, str, Handler]] = [
            ("instances.search", "GET", "/v1/instances/search", self.search_instances),
            ("instances.list", "GET", f"/v1/instances/{scope}", self.list_instances),
            ("instances.available_names", "GET", f"/v1/instances/{scope}/available_names", self.available_names),
            ("instances.get", "GET", f"/v1/instances/{server}", self.get_instance),
            ("instances.get_console", "GET", f"/v1/instances/{server}/get_console", self.get_console),
            ("instances.list_security_groups", "GET", f"/v1/instances/{server}/securitygroups", self.list_instance_groups),
            ("instances.list_interfaces", "GET", f"/v1/instances/{server}/interfaces", self.list_interfaces),
            ("instances.list_ports", "GET", f"/v1/instances/{server}/ports", self.list_ports),
            ("instances.resize_flavors", "GET", f"/v1/instances/{server}/available_flavors", self.list_resize_flavors),
            ("instances.metadata_list", "GET", f"/v1/instances/{server}/metadata", self.list_metadata),
            ("instances.metadata_get_v1", "GET", f"/v1/instances/{server}/metadata/{{key}}", self.get_metadata_v1),
            ("instances.metadata_item_get", "GET", f"/v2/instances/{server}/metadata_item", self.get_metadata_item),
            ("instances.check_limits", "POST", f"/v2/instances/{scope}/check_limits", self.check_limits),
            ("instances.available_flavors", "POST", f"/v1/instances/{scope}/available_flavors", self.list_available_flavors),
            ("instances.metrics", "POST", f"/v1/instances/{server}/metrics", self.get_metrics),
            ("flavors.list", "GET", f"/v1/flavors/{scope}", self.list_flavors),
            ("apptemplates.list", "GET", f"/v1/apptemplates/{scope}", self.list_app_templates),
            ("apptemplates.get", "GET", f"/v1/apptemplates/{scope}/{{apptemplate_id}}", self.get_app_template),
            ("reseller_names.available", "GET", f"/v1/reseller_name_templates/{scope}/available_names", self.available_names),
            ("reseller_names.list", "GET", "/v1/reseller_name_templates", self.list_reseller_names),
            ("tasks.list", "GET", "/v1/tasks", self.list_tasks),
            ("tasks.active", "GET", f"/v1/tasks/{scope}/active", self.list_active_tasks),
            ("tasks.get", "GET", "/v1/tasks/{task_id}", self.get_task),
            ("projects.list", "GET", "/v1/projects", self.list_projects),
            ("regions.list", "GET", "/v1/regions", self.list_regions),
            ("images.list", "GET", f"/v1/images/{scope}", self.list_images),
            ("ssh_keys.list", "GET", "/v1/ssh_keys/{project_id}", self.list_ssh_keys),
            ("networks.list", "GET", f"/v1/networks/{scope}", self.list_networks),
            ("subnets.list", "GET", f"/v1/subnets/{scope}", self.list_subnets),
            ("servergroups.list", "GET", f"/v1/servergroups/{scope}", self.list_server_groups),
            ("quotas.all", "GET", "/v2/client_quotas", self.all_quotas),
            ("quotas.regional", "GET", "/v2/regional_quotas/{client_id}/{region_id}", self.regional_quotas),
            ("security_groups.list", "GET", f"/v1/securitygroups/{scope}", self.list_groups),
            ("security_groups.get", "GET", f"/v1/securitygroups/{group}", self.get_group),
            ("security_groups.list_instances", "GET", f"/v1/securitygroups/{group}/instances", self.list_group_instances),
            ("volumes.list", "GET", f"/v1/volumes/{scope}", self.list_volumes),
            ("volumes.get", "GET", f"/v1/volumes/{scope}/{{volume_id}}", self.get_volume),
            ("snapshots.list", "GET", f"/v1/snapshots/{scope}", self.list_snapshots),
            ("snapshots.get", "GET", f"/v1/snapshots/{scope}/{{snapshot_id}}", self.get_snapshot),
            ("lifecycle_policies.list", "GET", f"/v1/lifecycle_policy/{scope}", self.list_policies),
            ("lifecycle_policies.get", "GET", f"/v1/lifecycle_policy/{policy}", self.get_policy),
            ("lifecycle_policies.estimate", "POST", f"/v1/lifecycle_policy/{scope}/estimate_max_policy_usage", self.estimate_policy),
            ("schedules.get", "GET", f"/v1/schedule/{scope}/{{schedule_id}}", self.get_schedule),
            ("floating_ips.list", "GET", f"/v1/floatingips/{scope}", self.list_floating_ips),
            ("floating_ips.get", "GET", f"/v1/floatingips/{scope}/{{floating_ip_id}}", self.get_floating_ip),
            ("reserved_fixed_ips.list", "GET", f"/v1/reserved_fixed_ips/{scope}", self.list_reserved_fixed_ips),
        ]
        writes: list[tuple[str, str, str, Handler]] = [
            ("instances.rename", "PATCH", f"/v1/instances/{server}", self.rename),
            ("instances.delete", "DELETE", f"/v1/instances/{server}", self.delete_instance),
            ("instances.action", "POST", f"/v2/instances/{server}/action", self.act),
            ("instances.assign_security_group", "POST", f"/v1/instances/{server}/addsecuritygroup", self.assign_groups),
            ("instances.unassign_security_group", "POST", f"/v1/instances/{server}/delsecuritygroup", self.unassign_groups),
            ("instances.attach_interface", "POST", f"/v1/instances/{server}/attach_interface", self.attach_interface),
            ("instances.detach_interface", "POST", f"/v1/instances/{server}/detach_interface", self.detach_interface),
            ("instances.add_to_servergroup", "POST", f"/v1/instances/{server}/put_into_servergroup", self.join_group),
            ("instances.remove_from_servergroup", "POST", f"/v1/instances/{server}/remove_from_servergroup", self.leave_group),
            ("instances.start_v1", "POST", f"/v1/instances/{server}/start", self.act_v1("start")),
            ("instances.stop_v1", "POST", f"/v1/instances/{server}/stop", self.act_v1("stop")),
            ("instances.reboot_v1", "POST", f"/v1/instances/{server}/reboot", self.act_v1("reboot")),
            ("instances.powercycle_v1", "POST", f"/v1/instances/{server}/powercycle", self.act_v1("reboot_hard")),
            ("instances.suspend_v1", "POST", f"/v1/instances/{server}/suspend", self.act_v1("suspend")),
            ("instances.resume_v1", "POST", f"/v1/instances/{server}/resume", self.act_v1("resume")),
            ("instances.metadata_upsert", "POST", f"/v1/instances/{server}/metadata", self.upsert_metadata),
            ("instances.metadata_replace", "PUT", f"/v1/instances/{server}/metadata", self.replace_metadata),
            ("instances.metadata_delete_v1", "DELETE", f"/v1/instances/{server}/metadata/{{key}}", self.delete_metadata_v1),
            ("instances.metadata_item_delete", "DELETE", f"/v2/instances/{server}/metadata_item", self.delete_metadata_item),
            ("reseller_names.put", "PUT", "/v1/reseller_name_templates", self.put_reseller_names),
            ("reseller_names.delete", "DELETE", "/v1/reseller_name_templates/{reseller_id}/{region_id}", self.delete_reseller_names),
            ("ssh_keys.create", "POST", "/v1/ssh_keys/{project_id}", self.create_ssh_key),
            ("ssh_keys.delete", "DELETE", "/v1/ssh_keys/{project_id}/{ssh_key_id}", self.delete_ssh_key),
            ("security_groups.create", "POST", f"/v2/security_groups/{scope}", self.create_group),
            ("security_groups.update", "PATCH", f"/v2/security_groups/{group}", self.update_group),
            ("security_groups.rule_create", "POST", f"/v2/security_groups/{group}/rules", self.create_rule),
            ("security_groups.rule_delete", "DELETE", f"/v2/security_groups/{group}/rules/{{rule_id}}", self.delete_rule),
            ("security_groups.delete", "DELETE", f"/v1/securitygroups/{group}", self.delete_group),
            ("security_groups.revert_default", "POST", f"/v1/securitygroups/{group}/revert", self.revert_group),
            ("security_groups.create_v1", "POST", f"/v1/securitygroups/{scope}", self.create_group_v1),
            ("volumes.attach", "POST", f"/v2/volumes/{scope}/{{volume_id}}/attach", self.attach_volume_call),
            ("volumes.detach", "POST", f"/v2/volumes/{scope}/{{volume_id}}/detach", self.detach_volume_call),
            ("volumes.revert", "POST", f"/v1/volumes/{scope}/{{volume_id}}/revert", self.revert_volume),
            ("volumes.delete", "DELETE", f"/v1/volumes/{scope}/{{volume_id}}", self.delete_volume),
            ("snapshots.update", "PATCH", f"/v1/snapshots/{scope}/{{snapshot_id}}", self.update_snapshot),
            ("snapshots.delete", "DELETE", f"/v1/snapshots/{scope}/{{snapshot_id}}", self.delete_snapshot),
            ("lifecycle_policies.create", "POST", f"/v1/lifecycle_policy/{scope}", self.create_policy),
            ("lifecycle_policies.update", "PATCH", f"/v1/lifecycle_policy/{policy}", self.update_policy),
            ("lifecycle_policies.delete", "DELETE", f"/v1/lifecycle_policy/{policy}", self.delete_policy),
            ("lifecycle_policies.add_schedules", "POST", f"/v1/lifecycle_policy/{policy}/add_schedules", self.add_schedules),
            ("lifecycle_policies.remove_schedules", "POST", f"/v1/lifecycle_policy/{policy}/remove_schedules", self.remove_schedules),
            ("lifecycle_policies.add_volumes", "PUT", f"/v1/lifecycle_policy/{policy}/add_volumes_to_policy", self.add_policy_volumes),
            ("lifecycle_policies.remove_volumes", "PUT", f"/v1/lifecycle_policy/{policy}/remove_volumes_from_policy", self.remove_policy_volumes),
            ("schedules.update", "PATCH", f"/v1/schedule/{scope}/{{schedule_id}}", self.update_schedule),
            ("floating_ips.update", "PATCH", f"/v2/floatingips/{scope}/{{floating_ip_id}}", self.update_floating_ip),
            ("floating_ips.delete", "DELETE", f"/v1/floatingips/{scope}/{{floating_ip_id}}", self.delete_floating_ip),
        ]
        orders: list[tuple[str, str, str, Handler]] = [
            ("instances.create", "POST", f"/v2/instances/{scope}", self.create_instance),
            ("instances.change_flavor", "POST", f"/v1/instances/{server}/changeflavor", self.change_flavor),
            ("volumes.create", "POST", f"/v1/volumes/{scope}", self.create_volume),
            ("volumes.extend", "POST", f"/v1/volumes/{scope}/{{volume_id}}/extend", self.extend_volume),
            ("snapshots.create", "POST", f"/v1/snapshots/{scope}", self.create_snapshot),
            ("floating_ips.create", "POST", f"/v1/floatingips/{scope}", self.create_floating_ip),
        ]
        return tuple(
            Route(operation, method, path, functools.partial(self._answer, handler, mutates), mutates=mutates, bills=bills)
            for table, mutates, bills in ((reads, False, False), (writes, True, False), (orders, True, True))
            for operation, method, path, handler in table
        )
