"""`sealmote prove`: devices by the beginning of their thumbprints, gateways under a CA of their own."""

from pathlib import Path
from typing import Any

import pytest
import typer

from certificates import Authority, over_tls
from sealmote.cli.common.byte_argument import SourceError
from sealmote.cli.prove import CertificateError, prove
from sealmote.client import GatewayAnswerError
from sealmote.proof.proof_file import FORMAT, parse


@pytest.fixture
def served(live: Any, board: Any) -> Any:
    """A gateway with one reading of a board in its checkpoint."""
    live.post(board.seal(0))
    live.wait_published(1)
    return live


def proven(**options: Any) -> int:
    """Run the command and return its exit code."""
    with pytest.raises(typer.Exit) as ended:
        prove(**options)
    return ended.value.exit_code


def test_a_thumbprint_may_be_shortened(served: Any, board: Any, tmp_path: Path) -> None:
    file = tmp_path / "reading.proof"
    thumbprint = board.signer.public.thumbprint().hex()
    url = f"http://127.0.0.1:{served.port}"
    reading: dict[str, Any] = {"gateway": url, "boot": 1, "sequence": 0, "output": file}
    assert proven(device=thumbprint[:8] + "…", **reading) == 0
    assert f'"{FORMAT}"' in file.read_text()
    assert parse(file.read_bytes()).anchors == ()
    nobody = ("0" if thumbprint[0] != "0" else "1") * 8
    with pytest.raises(SourceError, match=f"no device begins with {nobody}: see {url}/v1/devices"):
        prove(device=nobody, **reading)


def test_a_gateway_under_a_ca_of_its_own_is_trusted_by_its_certificate(
    served: Any, tmp_path: Path
) -> None:
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    empty, der = tmp_path / "empty.pem", tmp_path / "ours.der"
    empty.write_bytes(b"")
    der.write_bytes(ours.der)
    with over_tls(ours.server(), served.port) as port:
        reading: dict[str, Any] = {"gateway": f"https://localhost:{port}", "leaf": "0"}
        for file in (ours.file, der):
            proof = tmp_path / f"{file.name}.proof"
            assert proven(ca=file, output=proof, **reading) == 0
            assert parse(proof.read_bytes()).log_key.startswith(served.gateway.origin)
        nothing = tmp_path / "no.proof"
        for untrusting in (None, others.file):
            with pytest.raises(GatewayAnswerError, match="a certificate that is not trusted here"):
                prove(ca=untrusting, output=nothing, **reading)
        for file in (empty, tmp_path / "none", tmp_path):
            with pytest.raises(CertificateError, match="holds no certificate that can be read"):
                prove(ca=file, output=nothing, **reading)
    assert not nothing.exists()
