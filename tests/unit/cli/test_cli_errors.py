import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions

from cli.errors import OperatorError, explain


def client_error(code: str, message: str = "no") -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperatorError("what and how"), "what and how"),
        (client_error("ExpiredToken"), "expired: sign in again"),
        (client_error("ExpiredTokenException"), "expired: sign in again"),
        (client_error("InvalidClientTokenId"), "check AWS_PROFILE"),
        (
            client_error("AccessDeniedException", "User x may not y"),
            "refused DescribeStacks: User x may not y",
        ),
        (client_error("Throttling", "slow down"), "answered DescribeStacks with Throttling: slow down"),
        (exceptions.NoCredentialsError(), "No AWS credentials were found"),
        (exceptions.NoRegionError(), "No AWS region is chosen"),
        (
            exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"),
            "start it with `make local`",
        ),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://sts.eu-west-1.amazonaws.com/"),
            "Check the network",
        ),
        (
            exceptions.ReadTimeoutError(endpoint_url="http://localhost:4566/"),
            "doesn't answer at http://localhost:4566/",
        ),
        (S3UploadFailedError("Failed to upload answers.csv"), "Failed to upload answers.csv"),
        (exceptions.ParamValidationError(report="Unknown parameter"), "Unknown parameter"),
    ],
)
def test_a_fault_is_one_paragraph_that_says_what_would_be_right(error: Exception, said: str) -> None:
    explanation = explain(error)

    assert explanation is not None
    assert said in explanation
    assert "\n" not in explanation


def test_a_defect_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None
