"""`sealmote provision`: Wi-Fi, gateway and registration for a board that has the firmware."""

from contextlib import ExitStack

from sealmote.cli.common.chain_options import (
    AccountOption,
    DeploymentOption,
    DevAccountOption,
    RpcOption,
)
from sealmote.cli.common.output import JsonOption, print_json
from sealmote.cli.common.provisioning_options import (
    AlgOption,
    BoardOption,
    CaOption,
    FileOption,
    GatewayArgument,
    OwnerOption,
    PortOption,
    ProvisioningOptions,
    QrOption,
    SsidOption,
    TryOption,
    UrlOption,
    ask,
    only_port,
    say,
    show,
    summarize,
)
from sealmote.provisioning import flow


def provision(
    gateway: GatewayArgument,
    port: PortOption = None,
    url: UrlOption = None,
    file: FileOption = None,
    wifi: SsidOption = None,
    owner: OwnerOption = None,
    alg: AlgOption = None,
    board: BoardOption = None,
    try_wifi: TryOption = True,
    ca: CaOption = None,
    qr: QrOption = None,
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    account: AccountOption = None,
    dev_account: DevAccountOption = False,
    json: JsonOption = False,
) -> None:
    """Make a board yours: its key, its Wi-Fi, its gateway, and its place in the registry.

    The password is asked, or comes from a file or $SEALMOTE_WIFI_PASSWORD: never from the command line,
    which every process can read. A board that has its Wi-Fi by an Improv tool keeps it. With --rpc the
    key is registered on that chain as well.

    Example: sealmote provision my-gateway --wifi home --qr case.svg
    """
    given = ProvisioningOptions(
        gateway,
        url,
        file,
        wifi,
        owner,
        alg,
        board,
        try_wifi,
        rpc,
        deployment,
        account,
        dev_account,
        ca,
    )
    with ExitStack() as held:
        request = given.request(held)
        chosen = only_port(port)
        if not request.target.answers:
            say(
                f"no gateway answers at {request.target.pin.url} yet; the board will go on asking. Boards"
                " reach one that was started with --host 0.0.0.0"
            )
        made = flow.carry_out(chosen, request, ask, say)
    summary = summarize(made, request.target.pin, qr)
    if json:
        print_json(summary)
    else:
        show(made, summary)
