"""Write the demo's messages, keys, acknowledgements, checkpoints and proofs to a folder."""

from pathlib import Path

from sealmote.demo.environment import Environment
from sealmote.demo.run import Result
from sealmote.proof.proof_file import Proof
from sealwire import message
from sealwire.keys import PublicKey


def keep_all(folder: Path, environment: Environment, result: Result) -> None:
    """Write everything into ``folder``, by these names.

    messages/NAME.cose  proofs/NAME.json     NAME is THUMBPRINT-BOOT-SEQUENCE
    acknowledgements/N.cose  checkpoints/SIZE.note
    keys/BOARD.cosekey  keys/gateway.cosekey  keys/log.vkey  deployment.json (of a chain)
    """
    for name in ("messages", "proofs", "acknowledgements", "checkpoints", "keys"):
        (folder / name).mkdir()
    for item in result.readings:
        name = name_of(item.proof)
        (folder / "messages" / f"{name}.cose").write_bytes(item.proof.message)
        (folder / "proofs" / f"{name}.json").write_text(item.proof.to_json(), encoding="utf-8")
        size = item.proof.checkpoint.split("\n")[1]
        (folder / "checkpoints" / f"{size}.note").write_text(
            item.proof.checkpoint, encoding="utf-8"
        )
    for number, data in enumerate(environment.acknowledgements, 1):
        (folder / "acknowledgements" / f"{number:04}.cose").write_bytes(data)
    for board in environment.boards:
        (folder / "keys" / f"{board.name}.cosekey").write_bytes(board.key.cose())
    gateway = environment.gateway
    (folder / "keys" / "gateway.cosekey").write_bytes(gateway.ack_key.cose())
    (folder / "keys" / "log.vkey").write_text(gateway.log_key.vkey() + "\n", encoding="utf-8")
    if environment.chain:
        environment.chain.deployment.save(folder / "deployment.json")


def name_of(proof: Proof) -> str:
    """Return the name of a reading's files: the start of its key's thumbprint, boot, sequence."""
    header = message.parse(proof.message).header
    thumbprint = PublicKey.parse(proof.device_key).thumbprint().hex()
    return f"{thumbprint[:8]}-{header.boot}-{header.sequence}"
