"""What is in a Studio domain, from the inside out: apps, spaces, user profiles, the domain itself.

SageMaker refuses to delete what has something in it, and takes up to 20 minutes to delete an app:
https://docs.aws.amazon.com/sagemaker/latest/dg/gs-studio-delete-domain.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .deletion import attempt

GONE = "Deleted"
"""The status in which an app is listed for a day after its deletion."""
BUSY = frozenset({"Deleting", "Pending", "Updating"})

Described = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DomainSweep:
    """Looks at a domain and deletes what can be deleted now; repeating it is safe.

    Each method returns what is left to wait for, in words, and nothing when all is gone.
    """

    sagemaker: Any

    def sweep_user(self, domain_id: str, user: str) -> list[str]:
        """Delete a user's apps, then the spaces that the user owns; the profile itself stays."""
        spaces = [space for space in self._spaces(domain_id) if _owner(space) == user]
        names = {space["SpaceName"] for space in spaces}
        apps = [
            app
            for app in self._apps(domain_id)
            if app.get("UserProfileName") == user or app.get("SpaceName") in names
        ]
        return self._delete_apps(apps) or self._delete_spaces(spaces)

    def sweep_domain(self, domain_id: str) -> list[str]:
        """Delete everything in a domain, then the domain.

        The file system stays: it is not SageMaker that is asked to delete it.
        """
        domain = self._domain(domain_id)
        if domain is None:
            return []
        return (
            self._delete_apps(self._apps(domain_id))
            or self._delete_spaces(self._spaces(domain_id))
            or self._delete_profiles(domain_id)
            or self._delete_domain(domain)
        )

    def _delete_apps(self, apps: list[Described]) -> list[str]:
        left = []
        for app in apps:
            place = {key: app[key] for key in ("SpaceName", "UserProfileName") if app.get(key)}
            what = f"app {app['AppType']} {app['AppName']} of {' '.join(place.values())}"
            left.append(
                self._delete(
                    what,
                    app["Status"],
                    self.sagemaker.delete_app,
                    DomainId=app["DomainId"],
                    AppType=app["AppType"],
                    AppName=app["AppName"],
                    **place,
                )
            )
        return left

    def _delete_spaces(self, spaces: list[Described]) -> list[str]:
        return [
            self._delete(
                f"space {space['SpaceName']}",
                space["Status"],
                self.sagemaker.delete_space,
                DomainId=space["DomainId"],
                SpaceName=space["SpaceName"],
            )
            for space in spaces
        ]

    def _delete_profiles(self, domain_id: str) -> list[str]:
        profiles = self._listed("list_user_profiles", "UserProfiles", DomainIdEquals=domain_id)
        return [
            self._delete(
                f"user profile {profile['UserProfileName']}",
                profile["Status"],
                self.sagemaker.delete_user_profile,
                DomainId=domain_id,
                UserProfileName=profile["UserProfileName"],
            )
            for profile in profiles
        ]

    def _delete_domain(self, domain: Described) -> list[str]:
        name = domain["DomainId"]
        keep = {"HomeEfsFileSystem": "Retain"}
        delete = self.sagemaker.delete_domain
        return [self._delete(f"domain {name}", domain["Status"], delete, DomainId=name, RetentionPolicy=keep)]

    def _delete(self, what: str, status: str, delete: Any, **names: Any) -> str:
        return f"{what} is {status}" if status in BUSY else attempt(what, delete, **names)

    def _domain(self, domain_id: str) -> Described | None:
        domains = self._listed("list_domains", "Domains")
        return next((domain for domain in domains if domain["DomainId"] == domain_id), None)

    def _apps(self, domain_id: str) -> list[Described]:
        apps = self._listed("list_apps", "Apps", DomainIdEquals=domain_id)
        return [app for app in apps if app["Status"] != GONE]

    def _spaces(self, domain_id: str) -> list[Described]:
        return list(self._listed("list_spaces", "Spaces", DomainIdEquals=domain_id))

    def _listed(self, operation: str, listing: str, **narrowed: str) -> Iterator[Described]:
        for page in self.sagemaker.get_paginator(operation).paginate(**narrowed):
            yield from page[listing]


def _owner(space: Described) -> str | None:
    owner: str | None = space.get("OwnershipSettingsSummary", {}).get("OwnerUserProfileName")
    return owner
