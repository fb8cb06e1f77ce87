"""A gateway's directory over time: made, opened, restarted, restored from a backup."""

import codecs
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from sealmote.crypto import KeyFileError, Signer
from sealmote.gateway import (
    DeviceError,
    Gateway,
    GatewayError,
    RolledBackError,
    SettingsError,
)
from sealmote.gateway.directory.lock import Lock
from sealmote.gateway.directory.operator_token import Token
from sealwire import ack, registration
from sealwire.keys import ES256, ES256K

OWNER = bytes(range(20))
LATER = 4_000_000_000


def terms_of(signer: Signer, owner: bytes = OWNER, deadline: int = LATER) -> bytes:
    terms = registration.Terms(0, bytes(20), owner, 0, deadline)
    return registration.seal(signer, terms)


def test_a_new_directory_has_private_keys_and_can_be_made_once(directory: Path) -> None:
    for name in ("ack.key", "log.key"):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600
    with pytest.raises(GatewayError, match="already"):
        Gateway.create(directory, "sealmote.example/other")
    with Gateway.open(directory) as one, Gateway.open(directory) as other:
        assert one.ack_key == other.ack_key
        assert one.ack_key != one.log_key.public


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_a_key_that_others_can_read_is_not_used(directory: Path) -> None:
    (directory / "ack.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Gateway.open(directory)


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_a_device_shows_that_its_key_is_held(directory: Path, alg: int) -> None:
    signer, stranger = Signer.generate(alg), Signer.generate(alg)
    with Gateway.open(directory) as gateway:
        for arguments, cause in (
            ((None, None), "registration message is missing"),
            ((None, terms_of(stranger)), "not by this key"),
            ((None, terms_of(signer)[:-1]), "not by this key"),
            ((bytes(20), terms_of(signer)), "consented to owner"),
            ((None, terms_of(signer, deadline=1)), "was good until"),
        ):
            with pytest.raises(DeviceError, match=cause):
                gateway.add_device(signer.public, *arguments)
        assert gateway.list_devices() == []
        device = gateway.add_device(signer.public, registration=terms_of(signer))
        assert (device.owner, device.key) == (OWNER, signer.public.cose())
        with pytest.raises(DeviceError, match="registered already"):
            gateway.add_device(signer.public, registration=terms_of(signer))
        gateway.revoke_device(device.thumbprint)
        with pytest.raises(DeviceError, match="revoked"):
            gateway.add_device(signer.public, registration=terms_of(signer))
        with pytest.raises(DeviceError, match="no device"):
            gateway.revoke_device(bytes(32))


def test_devices_added_and_revoked_elsewhere_count_at_once(live: Any, make_board: Any) -> None:
    board = make_board()
    with Gateway.open(live.directory) as other:
        assert live.results(board.seal(0))[0][0] == ack.RETRY
        other.add_device(board.signer.public, unproven=True)
        assert live.results(board.seal(0))[0][0] == ack.ACCEPTED
        other.revoke_device(board.signer.public.thumbprint())
        assert live.results(board.seal(1))[0][0] == ack.REFUSED


def test_one_process_serves_a_directory(live: Any, make_live: Any) -> None:
    with pytest.raises(GatewayError, match="another process serves"):
        make_live(live.directory)


def test_a_taken_port_is_named_and_leaves_the_directory_free(directory: Path, live: Any) -> None:
    other = directory.parent / "other"
    Gateway.create(other, "sealmote.example/other").close()
    with Gateway.open(other) as gateway:
        with pytest.raises(GatewayError, match="choose another port"):
            live.run(gateway.start(port=live.port))
        live.run(gateway.start())
        live.run(gateway.stop())


def test_everything_is_there_after_a_restart(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    board = make_board()
    first = make_live(directory)
    first.gateway.add_device(board.signer.public, unproven=True)
    promise = first.post(board.seal(0), board.seal(2))
    first.wait_published(2)
    head, key = first.get("/checkpoint").body, first.get("/v1/keys").body
    first.stop()
    second = make_live(directory)
    assert second.get("/checkpoint").body == head
    assert second.get("/v1/keys").body == key
    again, new = second.post(board.seal(0), board.seal(1)).outcomes
    assert (again.result, again.first_log_by) == (ack.DUPLICATE, promise.log_by)
    assert new.result == ack.ACCEPTED
    second.wait_published(3)
    (boot,) = second.get(f"/v1/devices/{board.name}").json["boots"]
    assert (boot["boot"], boot["logged"], boot["awaited"]) == (1, [[0, 2]], [])


def test_what_was_accepted_and_not_yet_signed_is_signed_after_a_restart(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    board = make_board()
    file = directory / "gateway.toml"
    quick = file.read_text()
    slow = quick.replace("checkpoint_period_s = 0.05", "checkpoint_period_s = 3600")
    file.write_text(slow.replace("merge_delay_s = 120", "merge_delay_s = 7200"))
    first = make_live(directory)
    first.gateway.add_device(board.signer.public, unproven=True)
    first.wait(lambda: first.get("/checkpoint").status == 404)
    first.post(board.seal(0))
    assert first.get("/checkpoint").status == 404
    first.stop()
    file.write_text(quick)
    second = make_live(directory)
    second.wait_published(1)


def backup(directory: Path, name: str = "backup") -> Path:
    """Copy the database of a gateway that is stopped."""
    copy = directory.parent / name
    shutil.copy(directory / "gateway.sqlite", copy)
    return copy


def grow(make_live: Any, directory: Path, board: Any, *numbers: int, **more: Any) -> None:
    running = make_live(directory, **more)
    running.post(*(board.seal(number) for number in numbers))
    size = running.get("/v1/status").json["size"]
    running.wait_published(size)
    if more:
        running.wait(lambda: running.get("/v1/status").json["anchor"]["size"] == size)
    running.stop()


def restore(directory: Path, copy: Path) -> None:
    shutil.copy(copy, directory / "gateway.sqlite")
    for rest in ("gateway.sqlite-wal", "gateway.sqlite-shm"):
        (directory / rest).unlink(missing_ok=True)


def test_a_restored_backup_that_is_behind_what_was_published_does_not_start(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    board = make_board()
    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
    grow(make_live, directory, board, 0, 1)
    older = backup(directory)
    grow(make_live, directory, board, 2)
    newer = backup(directory, "newer")
    restore(directory, older)
    with pytest.raises(RolledBackError, match="has a head of 3 leaves, the database has 2"):
        make_live(directory)
    restore(directory, newer)
    grow(make_live, directory, board, 3)


def test_a_log_that_differs_from_what_was_published_does_not_start(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    """The same sizes again after a restore, with other readings: a fork."""
    board = make_board()
    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
    empty = backup(directory)
    grow(make_live, directory, board, 0, 1)
    published = (directory / "published").read_bytes()
    restore(directory, empty)
    (directory / "published").unlink()
    grow(make_live, directory, board, 5, 6, 7)
    (directory / "published").write_bytes(published)
    with pytest.raises(RolledBackError, match="another head of 2 leaves"):
        make_live(directory)


def test_a_damaged_leaf_stops_the_start(directory: Path, make_live: Any, make_board: Any) -> None:
    board = make_board()
    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
    grow(make_live, directory, board, 0, 1)
    with Gateway.open(directory) as gateway:
        gateway._store.write(
            lambda transaction: transaction.execute(
                "UPDATE leaves SET hash = zeroblob(32) WHERE number = 1"
            )
        ).result()
    with pytest.raises(RolledBackError, match="forked or the database damaged"):
        make_live(directory)


@pytest.mark.parametrize("left", ["ack.key", "log.key", "gateway.sqlite"])
def test_a_creation_that_was_cut_short_is_named(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_bytes(b"part")
    with pytest.raises(GatewayError, match=rf"holds {left} without settings.*cut short"):
        Gateway.create(tmp_path, "sealmote.example/test")
    assert [path.name for path in tmp_path.iterdir()] == [left]


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GatewayError, match="file cannot be made"):
        Gateway.create(tmp_path / "file", "sealmote.example/test")


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(GatewayError, match="lock cannot be written"):
        Lock(tmp_path / "lock")


def test_what_an_editor_put_before_a_file_is_passed_over(directory: Path) -> None:
    for name in ("gateway.toml", "operator.token"):
        file = directory / name
        Token(directory / "operator.token")
        file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    with Gateway.open(directory) as gateway:
        assert gateway.origin == "sealmote.example/test"
    Token(directory / "operator.token")


def test_settings_in_utf_16_are_named(directory: Path) -> None:
    file = directory / "gateway.toml"
    file.write_bytes(file.read_text().encode("utf-16"))
    with pytest.raises(
        SettingsError, match=r"gateway\.toml.*it is UTF-16 or UTF-32: save it as UTF-8"
    ):
        Gateway.open(directory)
