"""The website's own domain (`website:` in an environment's settings)."""

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected


class Website(Section):
    """The domain at which visitors find the quiz; CloudFront's own where none is set."""

    domain: str | None = Field(
        default=None,
        max_length=253,
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        description="a domain such as quiz.example.com, or null for CloudFront's own",
    )
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}$",
        validate_default=True,
        description="the ARN of the domain's certificate, which CloudFront wants in us-east-1, or null",
    )

    @field_validator("certificate_arn")
    @classmethod
    def _goes_with_a_domain(cls, arn: str | None, info: ValidationInfo) -> str | None:
        if "domain" in info.data and (arn is None) != (info.data["domain"] is None):
            raise rejected(
                Finding(
                    ("certificate_arn",),
                    not_allowed(arn, "website.domain and website.certificate_arn are both set or both null"),
                )
            )
        return arn
