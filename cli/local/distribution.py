"""Where the local AWS serves a CloudFront distribution."""

import json
import urllib.error
import urllib.request
from typing import Final

from cli.errors import OperatorError

_TIMEOUT_SECONDS: Final = 30.0


def distribution_address(endpoint_url: str, domain: str) -> str:
    """The address on this machine of the distribution with this domain name, ending in a slash.

    Raises:
        OperatorError: the local AWS doesn't say.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_aws/cloudfront/{domain}", timeout=_TIMEOUT_SECONDS) as answer:
            return str(json.load(answer)["url"])
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        raise OperatorError(
            f"The local AWS at {endpoint_url} doesn't say where {domain} is: {error}. "
            "See `./manage.py local logs`."
        ) from error
