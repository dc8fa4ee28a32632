"""Which image an ECR address names."""

import pytest

from local_aws.images.catalogue import UnknownImageError, available, resolve

ADDRESS = "382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1"


def test_an_address_names_a_folder() -> None:
    # When
    image = resolve(ADDRESS, "us-east-1")

    # Then
    assert image.name == "knn:1"
    assert image.requirements.is_file()
    assert "test:accuracy" in image.metrics


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("knn:1", "is not an ECR image address"),
        (ADDRESS.replace("us-east-1", "eu-west-1"), "in region eu-west-1"),
        (ADDRESS.replace("knn:1", "knn:9"), "There are: knn:1"),
        (ADDRESS.replace("knn:1", "knn"), "is not an ECR image address"),
    ],
)
def test_other_addresses_are_refused(address: str, said: str) -> None:
    with pytest.raises(UnknownImageError) as raised:
        resolve(address, "us-east-1")
    assert said in str(raised.value)


def test_every_image_pins_its_requirements() -> None:
    for image in available():
        lines = [line for line in image.requirements.read_text().splitlines() if line and line[0] != "#"]
        assert lines, image.name
        assert all("==" in line for line in lines), image.name
