import pytest
from botocore.loaders import Loader

from http_api import clients


@pytest.mark.parametrize("service", clients.SERVICES)
def test_making_a_client_doesnt_look_through_all_services(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    # Given botocore's own search for names of services, which must not run, and nothing read yet
    monkeypatch.setattr(Loader, "list_available_services", _refuse)
    clients._session.cache_clear()

    # When
    client = clients.make_client(service, read_timeout=7)

    # Then
    assert client.meta.service_model.service_name == service
    assert client.meta.config.read_timeout == 7


def _refuse(_loader: Loader, type_name: str) -> list[str]:
    raise AssertionError(f"looked through all services for {type_name}")
