"""A deployment's file is read as it was written, and not otherwise."""

import json
from pathlib import Path

import pytest

from sealmote.chain.errors import DeploymentError
from sealmote.chain.evm.contracts.deployment import Deployment

GOOD = Deployment(2**40, b"\xaa" * 20, b"\xbb" * 20, 7)


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    GOOD.save(path)
    assert Deployment.load(path) == GOOD
    GOOD.save(path)  # once more over itself
    assert [entry.name for entry in tmp_path.iterdir()] == ["deployment.json"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chain_id", 0),
        ("chain_id", "1"),
        ("chain_id", True),
        ("chain_id", 2**256),
        ("chain_id", 1.0),
        ("registry", "0x00"),
        ("registry", "aa" * 20),
        ("anchor", None),
        ("block", -1),
        ("more", 1),
        ("type", "other"),
    ],
)
def test_a_wrong_field_is_refused(field: str, value: object) -> None:
    fields = json.loads(GOOD.to_json()) | {field: value}
    with pytest.raises(DeploymentError, match="not a deployment"):
        Deployment.from_json(json.dumps(fields))


def test_the_type_of_chain_may_be_named_and_addresses_have_their_checksum() -> None:
    registry = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # EIP-55, as every wallet writes it
    text = Deployment(1, bytes.fromhex(registry[2:]), b"\xbb" * 20, 7).to_json()
    assert registry in text
    fields = json.loads(GOOD.to_json())
    assert Deployment.from_json(json.dumps({**fields, "type": "evm"})) == GOOD
    assert Deployment.from_json(GOOD.to_json().lower()) == GOOD


@pytest.mark.parametrize("name", ["chain_id", "registry", "anchor", "block"])
def test_a_missing_field_is_refused(name: str) -> None:
    fields = json.loads(GOOD.to_json())
    del fields[name]
    with pytest.raises(DeploymentError, match=f"not a deployment \\({name} is missing\\)"):
        Deployment.from_json(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "[]", "1", "{" * 5000, "null"])
def test_what_is_no_deployment_is_refused(text: str) -> None:
    with pytest.raises(DeploymentError, match="`sealmote chain deploy`"):
        Deployment.from_json(text)


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="cannot read"):
        Deployment.load(tmp_path / "none.json")
    with pytest.raises(DeploymentError, match="cannot write"):
        GOOD.save(tmp_path / "no" / "folder.json")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DeploymentError, match="is no text"):
        Deployment.load(binary)


def test_a_byte_order_mark_is_passed_over_and_utf_16_named(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    path.write_bytes(GOOD.to_json().encode("utf-8-sig"))
    assert Deployment.load(path) == GOOD
    path.write_bytes(GOOD.to_json().encode("utf-16"))
    with pytest.raises(DeploymentError, match="it is UTF-16 or UTF-32: save it as UTF-8"):
        Deployment.load(path)
