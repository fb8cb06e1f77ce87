"""Account keys: from private files and the environment only, and never shown."""

import os
from pathlib import Path

import pytest

from sealmote.chain.errors import AccountError
from sealmote.chain.evm.transactions.account import Account, checksum, dev_account

# From the published mnemonic "test test … junk", as every development node has them.
SECRET = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def key_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "account.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text", [SECRET, f"\ufeff{SECRET}", f"0x{SECRET}\n", f"{SECRET.upper()}  \n"]
)
def test_a_key_file_gives_its_address(tmp_path: Path, text: str) -> None:
    assert checksum(Account.load(key_file(tmp_path, text)).address) == ADDRESS


@pytest.mark.parametrize(
    "text",
    ["", "0x", SECRET[1:], SECRET + "00", f"{SECRET}\n{SECRET}", "00" * 32, "ff" * 32, "g" * 64],
)
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(AccountError) as caught:
        Account.load(key_file(tmp_path, text))
    assert not text or text[:20] not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, SECRET, 0o640)
    with pytest.raises(AccountError, match=r"mode 0640\): run `chmod 600"):
        Account.load(path)


def test_the_environment_gives_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALMOTE_TEST_KEY", SECRET)
    assert checksum(Account.from_environment("SEALMOTE_TEST_KEY").address) == ADDRESS
    monkeypatch.delenv("SEALMOTE_TEST_KEY")
    with pytest.raises(AccountError, match="the environment has no SEALMOTE_TEST_KEY"):
        Account.from_environment("SEALMOTE_TEST_KEY")


def test_a_new_key_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "account.key"
    account = Account.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Account.load(path).address == account.address
    with pytest.raises(AccountError, match="exists and is left alone"):
        Account.create(path)
    with pytest.raises(AccountError, match="cannot read account key"):
        Account.load(tmp_path / "none.key")


def test_no_text_form_has_the_secret() -> None:
    account = Account(bytes.fromhex(SECRET))
    assert repr(account) == str(account) == f"Account({ADDRESS})"


def test_development_accounts_stay_the_same() -> None:
    """They are in the documentation and in people's scripts."""
    assert checksum(dev_account().address) == "0x0C3dFc379c903f371021A002f39Bfe5225dF26eB"
    assert len({dev_account(index).address for index in range(10)}) == 10
