"""What is frozen into an image (MicroPython's manifest format); main.py and boot.py stay files."""

# ruff: noqa: F821
# mypy: disable-error-code="name-defined"
# `package` is defined by what executes manifests.

package("sealwire", base_path=".", opt=3)
package("mote", base_path=".", opt=3)
