"""Transaction fees, on chains with a base fee (EIP-1559) and without."""

from dataclasses import dataclass

from sealmote.chain.errors import NodeRefusedError, NodeReplyError
from sealmote.chain.evm.rpc.api import Api


@dataclass(frozen=True)
class Fees:
    """Wei for a unit of gas: at most `most`, of it `tip` for whoever makes the block.

    `tip` is None on a chain without a base fee, where `most` is the price.
    """

    most: int
    tip: int | None

    def raised(self, market: "Fees") -> "Fees":
        """Return what replaces a transaction with these fees: an eighth more, or what is asked now.

        Nodes take a replacement only if it offers a tenth more, some an eighth, of both parts.
        """
        most = max(_eighth_more(self.most), market.most)
        if self.tip is None or market.tip is None:
            return Fees(most, None)
        return Fees(most, min(most, max(_eighth_more(self.tip), market.tip)))


def market(api: Api) -> Fees:
    """Return what gets a transaction mined soon. Raises the node errors."""
    base_fee = api.newest_block().base_fee
    if base_fee is None:
        return Fees(_eighth_more(api.gas_price()), None)
    tip = _tip(api, base_fee)
    return Fees(2 * base_fee + tip, tip)  # enough for six full blocks to come


def _tip(api: Api, base_fee: int) -> int:
    """Ask for a tip in the ways that there are: not every node knows each of them."""
    for ask in (api.priority_fee, api.recent_tip):
        try:
            return ask()
        except (NodeRefusedError, NodeReplyError):
            continue  # asked in the next way
    return max(0, api.gas_price() - base_fee)


def _eighth_more(fee: int) -> int:
    return -(-fee * 9 // 8)
