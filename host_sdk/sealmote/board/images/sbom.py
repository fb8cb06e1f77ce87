"""CycloneDX 1.6 bill of materials of an image, reproducible.

Nothing in it depends on when or where it was made: same image, same bytes.
"""

import hashlib
import json
import uuid
from typing import Any, Final

from sealmote.board.images.image import Built

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://sealmote.example/sbom")


def make(built: Built, name: str, image: bytes) -> bytes:
    """Bill of materials of the file ``name``, which holds ``image``."""
    base = built.base
    digest = hashlib.sha256(image).hexdigest()
    micropython = {
        "type": "platform",
        "bom-ref": "micropython",
        "name": "micropython",
        "version": base.release,
        "purl": f"pkg:github/micropython/micropython@v{base.release}",
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": _hashes(base.sha256.hex()),
        "properties": [{"name": "sealmote:chip", "value": base.chip.name}],
    }
    components = [micropython]
    if base.idf:
        components.append(
            {
                "type": "framework",
                "bom-ref": "esp-idf",
                "name": "esp-idf",
                "version": base.idf,
                "purl": f"pkg:github/espressif/esp-idf@{base.idf}",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        )
    components += [_file(path, content) for path, content in sorted(built.files.items())]
    subject = {
        "type": "firmware",
        "bom-ref": "image",
        "name": name,
        "version": built.version,
        "hashes": _hashes(digest),
    }
    if built.files:
        subject["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
        "dependencies": [
            {"ref": "image", "dependsOn": [component["bom-ref"] for component in components]}
        ],
    }
    return (json.dumps(bill, indent=2) + "\n").encode()


def _file(path: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"type": "file", "bom-ref": f"file:{path}", "name": path, "hashes": _hashes(digest)}


def _hashes(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]
