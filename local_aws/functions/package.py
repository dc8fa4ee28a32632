"""A function's code and layers as folders, unpacked once for all of its execution environments."""

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path


def unpack(archive: bytes) -> Path:
    """The folder with the content of a zip archive; the same archive gives the same folder."""
    root = Path(tempfile.gettempdir()) / "functions"
    folder = root / hashlib.sha256(archive).hexdigest()[:32]
    if folder.exists():
        return folder
    root.mkdir(exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=root))
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        zipped.extractall(partial)
    partial.chmod(0o755)
    try:
        partial.rename(folder)
    except OSError:
        # Another environment of the same function was faster.
        return folder
    return folder
