"""What went wrong, in one paragraph: what it was, and what would be right."""

from collections.abc import Callable, Mapping
from typing import Final

from boto3.exceptions import S3UploadFailedError
from botocore import exceptions


class OperatorError(Exception):
    """Something the operator can put right; its text is one paragraph that says how."""

    def __init__(self, text: str, *, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def sentence(text: str) -> str:
    """`text` on one line, ending as a sentence does, so that another can follow it."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


_EXPIRED: Final = (
    "Your AWS credentials have expired: sign in again (for instance `aws sso login`), then repeat."
)
_INVALID: Final = (
    "AWS doesn't know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
    "(`aws sts get-caller-identity` shows who you are), or choose the local AWS with `--target local`."
)
_MISSING: Final = (
    "No AWS credentials were found: set AWS_PROFILE or sign in (`aws configure sso`), "
    "or run `make local` to work on the local AWS."
)

_REFUSALS: Final[Mapping[str, str]] = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "InvalidClientTokenId": _INVALID,
    "UnrecognizedClientException": _INVALID,
    "InvalidSignatureException": _INVALID,
    "SignatureDoesNotMatch": _INVALID,
    "InvalidAccessKeyId": _INVALID,
    "AuthFailure": _INVALID,
}

_CONNECTION_FAULTS: Final = (exceptions.ConnectionError, exceptions.HTTPClientError)
_CREDENTIAL_FAULTS: Final[Mapping[type[exceptions.BotoCoreError], str]] = {
    exceptions.NoCredentialsError: _MISSING,
    exceptions.PartialCredentialsError: _INVALID,
    exceptions.UnauthorizedSSOTokenError: _EXPIRED,
    exceptions.SSOTokenLoadError: _EXPIRED,
    exceptions.TokenRetrievalError: _EXPIRED,
    exceptions.NoRegionError: (
        "No AWS region is chosen: set AWS_REGION, or `region` in settings/<env>.yaml, "
        "or run `make local` to work on the local AWS."
    ),
}


def explain_client_error(error: exceptions.ClientError) -> str:
    """The paragraph for an error that AWS answered with."""
    details = error.response.get("Error", {})
    code, message = details.get("Code", "Unknown"), details.get("Message", "").strip()
    if code in _REFUSALS:
        return _REFUSALS[code]
    if code.startswith("AccessDenied"):
        return (
            f"AWS refused {error.operation_name}: {message or 'access denied'}. The credentials in use lack "
            "this permission: ask for it, or choose others with AWS_PROFILE."
        )
    return f"AWS answered {error.operation_name} with {code}: {message or 'no further explanation'}"


def explain_library_error(error: exceptions.BotoCoreError) -> str:
    """The paragraph for an error that came before AWS answered."""
    for fault, text in _CREDENTIAL_FAULTS.items():
        if isinstance(error, fault):
            return text
    if isinstance(error, _CONNECTION_FAULTS):
        return _explain_connection(str(error.kwargs.get("endpoint_url", "")), error)
    return f"The AWS library refused the call: {' '.join(str(error).split())}"


def _explain_connection(url: str, error: exceptions.BotoCoreError) -> str:
    if "127.0.0.1" in url or "localhost" in url:
        return f"The local AWS doesn't answer at {url}: start it with `make local`, or add `--target aws`."
    return f"AWS could not be reached: {error} Check the network, the proxy settings and the region."


def explain(error: BaseException) -> str | None:
    """The paragraph for `error`, or None for what only a defect of the product can raise."""
    explanations: tuple[tuple[type[BaseException], Callable[..., str]], ...] = (
        (OperatorError, str),
        (exceptions.ClientError, explain_client_error),
        (exceptions.BotoCoreError, explain_library_error),
        (S3UploadFailedError, str),
    )
    for kind, text_of in explanations:
        if isinstance(error, kind):
            return text_of(error)
    return None
