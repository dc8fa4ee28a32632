"""What a training job gets its data by."""

from typing import Annotated, Literal

from pydantic import Field

from settings.schema import Section

MEDIA_TYPE = r"^[a-z]+/[A-Za-z0-9.+-]+(; ?[a-z_]+=[A-Za-z0-9.+-]+)*$"
ChannelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Channel(Section):
    """What a training job gets under one name: the processed data's folder of that name."""

    content_type: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the channel's files, such as text/csv;label_size=1"
    )
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = Field(
        default="FullyReplicated",
        description="FullyReplicated gives every instance all files, ShardedByS3Key each a share",
    )

    @property
    def is_labelled_csv(self) -> bool:
        """Whether its files are CSV, the label first."""
        media_type, *parameters = self.content_type.replace(" ", "").split(";")
        return media_type == "text/csv" and "label_size=0" not in parameters
