"""Freezes the firmware into a MicroPython image; boot.py and main.py stay files (docs/guides/build.md)."""

# ruff: noqa: F821
# mypy: disable-error-code="name-defined"
# `package` is defined by what executes manifests.

package("sealwire", base_path=".", opt=3)
package("mote", base_path=".", opt=3)
