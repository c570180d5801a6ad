# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module. Written by tools/generate_docs.py from the providers' data: edit that, not this."""

from __future__ import annotations


class ModuleDocFragment:
    """How a provider's API is reached."""

    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The provider. Needed, as an option or in the environment variable E(VPS_PROVIDER).
    type: str
    choices: [hostwinds, civo, gcore, hosterapi]
  api_token:
    description:
      - The account's API token. White space around it is stripped; anything of that kind inside is refused.
      - Left out, it is read from the provider's own environment variable.
      - "Hostwinds uses E(HOSTWINDS_API_KEY)."
      - "Civo uses E(CIVO_TOKEN)."
      - "Gcore uses E(GCORE_API_KEY)."
      - "HosterAPI.de uses E(HOSTERAPI_TOKEN)."
    type: str
  api_url:
    description:
      - The address of the API. Plain HTTP is accepted to this machine only, and redirects are never followed.
      - Left out, it is read from the provider's own environment variable, else the provider's public address is used.
      - "Hostwinds uses E(HOSTWINDS_API_URL), else V(https://clients.hostwinds.com/cloud/api.php)."
      - "Civo uses E(CIVO_API_URL), else V(https://api.civo.com)."
      - "Gcore uses E(GCORE_API_URL), else V(https://api.gcore.com)."
      - "HosterAPI.de uses E(HOSTERAPI_API_URL), else V(https://reseller.hosterapi.de/api/v1)."
    type: str
  account:
    description:
      - Your own name for the account, shown in results.
      - Defaults to the provider's name, at Gcore with the project's id.
    type: str
  region:
    description:
      - Where to look and where to create.
      - "Hostwinds: location id, a number."
      - "Civo: a region code such as LON1, in any case; creating without one uses the account's default region."
      - "Gcore: an id, display name, slug or keystone name, ignoring case."
      - "HosterAPI.de: none, so it is ignored."
      - Left out, E(VPS_REGION) is used. Without either, lookups search every region of the account.
    type: str
  project:
    description:
      - Gcore only, ignored elsewhere. The project's id or name; else E(GCORE_PROJECT), else the account's default project.
    type: str
  ledger:
    description:
      - Path of the ledger, a small JSON file that ties names to ids at providers without names, and remembers open orders everywhere.
      - Left out, E(VPS_LEDGER) is used. Without either there is no ledger.
    type: path
  request_timeout:
    description:
      - Seconds to wait for an answer to one request.
      - Defaults to 30 (Hostwinds, Civo, Gcore), 120 (HosterAPI.de).
    type: float
  max_retry_wait:
    description:
      - Seconds in all that the requests of one task may wait before they are sent again, where that is safe.
    type: float
    default: 120.0
  rate_limit:
    description:
      - Requests per second for the account, shared by all processes of this controller; V(0) lifts the limit.
      - Defaults to 2 (Hostwinds), 10 (Civo, Gcore), 5 (HosterAPI.de).
    type: float
  ip_family:
    description:
      - The address family used to reach the API. Hostwinds binds keys to IPv4 addresses, so V(ipv4) helps there.
    type: str
    choices: [any, ipv4, ipv6]
    default: any
  validate_certs:
    description:
      - Whether to check the API's certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of certificate authorities to trust instead of the usual ones.
    type: path
requirements:
  - requests >= 2.28
"""
