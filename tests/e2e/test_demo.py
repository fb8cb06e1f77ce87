"""`sealmote demo` does what it says, and leaves what others need to check it."""

import json
import subprocess

from commands import SEALMOTE, Left, Sealmote
from sealmote.inspection import inspect
from sealmote.log import checkpoint
from sealmote.log.note import NoteKey
from sealmote.proof.proof_file import parse
from sealwire import ack, message
from sealwire.keys import PublicKey
from sealwire.senml import Pack


def test_every_reading_comes_the_whole_way(demo: Left) -> None:
    counts = {
        key: demo.printed[key]
        for key in ("sealed", "acknowledged", "logged", "anchored", "verified")
    }
    assert counts == dict.fromkeys(counts, 4)


def test_the_example_is_one_small_reading_of_three_values(demo: Left) -> None:
    raw = bytes.fromhex(demo.printed["example"])
    parsed = message.parse(raw)
    parsed.sign1.check(PublicKey.parse(bytes.fromhex(demo.printed["example_key"])))
    assert isinstance(parsed.content, Pack)
    assert [record.unit for record in parsed.content.records] == ["Cel", "%RH", "Pa"]
    assert len(raw) <= 160


def test_each_message_is_by_its_boards_key_and_numbered_once(demo: Left) -> None:
    keys = [PublicKey.parse(path.read_bytes()) for path in demo.folder.glob("keys/board-*.cosekey")]
    by_kid = {key.kid(): key for key in keys}
    seen = set()
    for path in (demo.folder / "messages").iterdir():
        parsed = message.parse(path.read_bytes())
        parsed.sign1.check(by_kid[parsed.header.kid])
        seen.add((parsed.header.kid, parsed.header.boot, parsed.header.sequence))
    assert len(seen) == 4


def test_every_message_is_in_a_signed_acknowledgement(demo: Left) -> None:
    key = PublicKey.parse((demo.folder / "keys/gateway.cosekey").read_bytes())
    accepted = {
        outcome.leaf
        for path in (demo.folder / "acknowledgements").iterdir()
        for outcome in ack.open_ack(path.read_bytes(), key, "sealmote.example/demo").outcomes
        if outcome.result == ack.ACCEPTED
    }
    sent = {
        message.cose.leaf_hash(path.read_bytes()) for path in (demo.folder / "messages").iterdir()
    }
    assert len(sent) == 4
    assert sent <= accepted


def test_checkpoints_are_by_the_logs_key(demo: Left) -> None:
    key = NoteKey.parse((demo.folder / "keys/log.vkey").read_text().strip())
    sizes = {
        int(path.stem): checkpoint.verify(path.read_bytes(), key).size
        for path in (demo.folder / "checkpoints").iterdir()
    }
    assert sizes
    assert all(named == signed for named, signed in sizes.items())
    assert max(sizes) >= demo.printed["logged"]


def test_a_flipped_bit_is_never_sound(demo: Left) -> None:
    raw = bytes.fromhex(demo.printed["example"])
    key = PublicKey.parse(bytes.fromhex(demo.printed["example_key"]))
    assert inspect(raw, key).sound
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not inspect(bytes(flipped), key).sound


def test_inspect_tells_sound_from_unsound(demo: Left, sealmote: Sealmote) -> None:
    example, key = demo.printed["example"], demo.printed["example_key"]
    sound = sealmote("inspect", example, "--key", key)
    assert (sound.returncode, "sound: whole, and signed" in sound.stdout) == (0, True)
    changed = example[:-2] + f"{int(example[-2:], 16) ^ 1:02x}"
    unsound = sealmote("inspect", changed, "--key", key, "--json")
    assert unsound.returncode == 1
    assert json.loads(unsound.stdout)["signed"] is False
    nonsense = sealmote("inspect", "no-such-file")
    assert nonsense.returncode == 1
    assert "neither hexadecimal digits nor a readable file" in nonsense.stderr


def test_the_folder_is_never_overwritten(demo: Left, sealmote: Sealmote) -> None:
    again = sealmote("demo", "--json", "--out", demo.folder)
    assert again.returncode == 1
    assert "name a new folder" in again.stderr


def test_a_proof_verifies_offline_and_against_the_chain_that_was_kept(
    demo: Left, sealmote: Sealmote
) -> None:
    proof = demo.proofs[0]
    assert sealmote("verify", proof).returncode == 0
    served = subprocess.Popen(
        [str(SEALMOTE), "chain", "serve", str(demo.folder / "world/chain.sqlite"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        address = served.stdout.readline().split(" at ")[1].split(";")[0]
        arguments = ("--rpc", address, "--deployment", demo.folder / "deployment.json", "--json")
        ended = sealmote("verify", proof, *arguments)
    finally:
        served.kill()
        served.wait()
    links = json.loads(ended.stdout)["links"]
    assert [link["state"] for link in links] == ["holds"] * 9
    assert ended.returncode == 0


def test_proof_files_read_back_as_they_were_written(demo: Left) -> None:
    assert len(demo.proofs) == demo.printed["verified"]
    for path in demo.proofs:
        assert parse(path.read_text()).to_json() == path.read_text()
