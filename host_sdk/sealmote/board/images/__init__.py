"""Making flash images: base image, compiled firmware, littlefs, file formats, artifacts, SBOM."""
