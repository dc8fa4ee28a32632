"""Why data can't be taken in. The class names are error names that a state machine matches."""


class SourceMissing(Exception):
    """Nothing is there: no source is set, the object or page doesn't exist, or the archive lacks the file."""


class SourceNotAllowed(Exception):
    """The source is of a kind or at a place that isn't fetched from, such as a private network address."""


class SourceUnavailable(Exception):
    """The source couldn't be read this time; a later try may succeed."""


class StoreRefused(Exception):
    """The data bucket refuses this function what it needs to keep the data."""


class SourceTooLarge(Exception):
    """The source, or what its archive unpacks to, is larger than is taken."""


class ChecksumMismatch(Exception):
    """What was fetched isn't what the settings or the execution input announced."""


class UnsafeArchive(Exception):
    """The zip archive is damaged, encrypted, or names its files in a way that is not taken."""
