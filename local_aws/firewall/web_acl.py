"""A web ACL's decision on a request: its rules by priority, then its default action.

https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.firewall.rates import Rates
from local_aws.firewall.requests import NotEvaluated, WebRequest
from local_aws.firewall.statements import matches

_logger = logging.getLogger(__name__)
_CONTENT_TYPES = {
    "APPLICATION_JSON": "application/json",
    "TEXT_HTML": "text/html",
    "TEXT_PLAIN": "text/plain",
}


@dataclass(frozen=True)
class Blocked:
    """A request that isn't let through. Without a status, whatever is protected answers in its own way."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Firewall:
    """Decides on requests by web ACLs, and counts for their rate-based rules."""

    def __init__(self) -> None:
        self._rates = Rates()
        self._told: set[str] = set()

    def decide(self, acl: Mapping[str, Any], request: WebRequest) -> Blocked | None:
        """None for a request that is let through."""
        for rule in sorted(acl["Rules"], key=lambda each: int(each["Priority"])):
            action = rule.get("Action") or {}
            if self._matches(acl, rule, request):
                if "Block" in action:
                    return _blocked(acl, action["Block"])
                if "Allow" in action:
                    return None
        default = acl["DefaultAction"]
        return _blocked(acl, default["Block"]) if "Block" in default else None

    def _matches(self, acl: Mapping[str, Any], rule: Mapping[str, Any], request: WebRequest) -> bool:
        name = f"{acl['ARN']}/{rule['Name']}"
        try:
            return matches(rule["Statement"], request, self._rates, name)
        except NotEvaluated as part:
            if name not in self._told:
                self._told.add(name)
                _logger.warning(
                    "Rule %s of web ACL %s lets all through: %s isn't evaluated here",
                    rule["Name"],
                    acl["Name"],
                    part,
                )
            return False


def _blocked(acl: Mapping[str, Any], block: Mapping[str, Any] | None) -> Blocked:
    custom = (block or {}).get("CustomResponse")
    if not custom:
        return Blocked()
    headers = {each["Name"]: each["Value"] for each in custom.get("ResponseHeaders") or []}
    text = (acl.get("CustomResponseBodies") or {}).get(custom.get("CustomResponseBodyKey"))
    if text is None:
        return Blocked(int(custom["ResponseCode"]), headers)
    headers = {"Content-Type": _CONTENT_TYPES[text["ContentType"]], **headers}
    return Blocked(int(custom["ResponseCode"]), headers, text["Content"].encode())
