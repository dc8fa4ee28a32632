"""Rows from the body of an invocation.

AWS's container reads CSV, libsvm and recordio-protobuf, and refuses JSON, which its other algorithms take:
https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html. Recordio-protobuf isn't read here.
"""

from scipy.sparse import csr_matrix, issparse

from local_aws.images.algorithms.rows import MalformedRowError, Matrix, parse_csv
from local_aws.images.algorithms.xgboost.libsvm import parse_libsvm
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import media_type

_SUPPORTED = ("text/csv", "text/libsvm", "text/x-libsvm")
_REFUSED = "Unable to evaluate payload provided: "


def decode(body: bytes, content_type: str, width: int) -> Matrix | csr_matrix:
    """The rows of a body, each of `width` features; raises RequestError as `decode_any` does."""
    rows = decode_any(body, content_type)
    fits = rows.shape[1] <= width if issparse(rows) else rows.shape[1] == width
    if not fits:
        raise RequestError(400, f"{_REFUSED}rows have {rows.shape[1]} features, but the model has {width}.")
    return rows


def decode_any(body: bytes, content_type: str) -> Matrix | csr_matrix:
    """The rows of a body.

    Raises:
        RequestError: 415 for another type, 400 for what is not as the type says.
    """
    kind = media_type(content_type or "text/csv")[0]
    if kind not in _SUPPORTED:
        supported = ", ".join(_SUPPORTED)
        raise RequestError(415, f"Content type '{content_type}' is not supported. Supported: {supported}.")
    try:
        return parse_csv(body, with_gaps=True) if kind == "text/csv" else parse_libsvm(body).features
    except MalformedRowError as error:
        raise RequestError(400, f"{_REFUSED}{error}") from None
