# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each provider can do: its profile in the form users see. Needs no account and sends nothing."""

from __future__ import annotations

import typing as t

from .._providers.base import CATALOG_LISTS, OPTIONS, RESOURCES, Profile
from .._providers.operations import Operations
from .._registry import DRIVERS


def describe(provider: str | None = None) -> list[dict[str, t.Any]]:
    """One description a provider, or only the named one's."""
    return [_describe(driver.PROFILE, driver.operations()) for name, driver in DRIVERS.items() if provider in (None, name)]


def _describe(profile: Profile, operations: Operations) -> dict[str, t.Any]:
    capabilities = profile.capabilities
    return {
        "provider": profile.name,
        "title": profile.title,
        "api_url": profile.default_url,
        "environment": {"api_token": profile.token_env, "api_url": profile.url_env},
        "defaults": {
            "request_timeout": profile.request_timeout,
            "wait_timeout": profile.wait_timeout,
            "rate_limit": profile.rate_limit,
        },
        "region": profile.region,
        "project": profile.project,
        "names": capabilities.names,
        "states": list(capabilities.states),
        "required": list(capabilities.required),
        "options": {option: capabilities.options.get(option) for option in OPTIONS},
        "instead": dict(capabilities.instead),
        "rename": capabilities.rename,
        "resize": capabilities.resize,
        "catalog": {kind: kind in capabilities.catalog for kind in CATALOG_LISTS},
        **{resource: {ability: capabilities.of(resource).get(ability) for ability in abilities} for resource, abilities in RESOURCES.items()},
        "features": dict(capabilities.features),
        "operations": operations.public(),
    }
