"""What only a recommendation can lack."""

from http_api.faults import ApiFault


class UnknownLabel(ApiFault):
    """The model predicts a label that the catalogue doesn't hold."""

    status = 502
