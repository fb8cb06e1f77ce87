"""Blocks, transactions, receipts and logs as the execution API writes them (ethereum/execution-apis).

Every block of an embedded chain but the first has exactly one transaction, so indices are 0.
"""

from typing import Any

import rlp
from eth._utils.address import generate_contract_address
from eth.abc import BlockAPI, ReceiptAPI, SignedTransactionAPI
from eth_typing import Address

from sealmote.chain.embedded.virtual_machine import base_fee
from sealmote.chain.evm.encoding.hexadecimal import to_data, to_quantity

Json = dict[str, Any]

_LEGACY, _ACCESS_LIST = 0, 1
_BLOOM_SIZE = 256


def block_view(block: BlockAPI, *, full: bool) -> Json:
    """Return a block, with its transaction's hash or, if `full`, the transaction."""
    header = block.header
    return {
        "number": to_quantity(header.block_number),
        "hash": to_data(header.hash),
        "parentHash": to_data(header.parent_hash),
        "sha3Uncles": to_data(header.uncles_hash),
        "miner": to_data(header.coinbase),
        "stateRoot": to_data(header.state_root),
        "transactionsRoot": to_data(header.transaction_root),
        "receiptsRoot": to_data(header.receipt_root),
        "logsBloom": to_data(header.bloom.to_bytes(_BLOOM_SIZE, "big")),
        "difficulty": to_quantity(header.difficulty),
        "gasLimit": to_quantity(header.gas_limit),
        "gasUsed": to_quantity(header.gas_used),
        "timestamp": to_quantity(header.timestamp),
        "extraData": to_data(header.extra_data),
        "mixHash": to_data(header.mix_hash),
        "nonce": to_data(header.nonce),
        "baseFeePerGas": to_quantity(base_fee(header)),
        "size": to_quantity(len(rlp.encode(block))),
        "uncles": [],
        "transactions": [
            transaction_view(block) if full else to_data(transaction.hash)
            for transaction in block.transactions
        ],
    }


def transaction_view(block: BlockAPI) -> Json:
    """Return a block's transaction."""
    transaction = block.transactions[0]
    of_kind: Any = transaction  # py-evm types only what every kind of transaction has
    kind = _kind(transaction)
    view: Json = {
        **_place(block),
        "type": to_quantity(kind),
        "hash": to_data(transaction.hash),
        "nonce": to_quantity(transaction.nonce),
        "from": to_data(transaction.sender),
        "to": to_data(transaction.to) if transaction.to else None,
        "value": to_quantity(transaction.value),
        "gas": to_quantity(transaction.gas),
        "input": to_data(transaction.data),
        "gasPrice": to_quantity(_gas_price(block, transaction)),
        "r": to_quantity(transaction.r),
        "s": to_quantity(transaction.s),
    }
    if kind == _LEGACY:
        return view | {"v": to_quantity(of_kind.v)}
    view |= {
        "chainId": to_quantity(transaction.chain_id or 0),
        "yParity": to_quantity(transaction.y_parity),
        "v": to_quantity(transaction.y_parity),
        "accessList": [
            {
                "address": to_data(account),
                "storageKeys": [to_data(k.to_bytes(32, "big")) for k in keys],
            }
            for account, keys in transaction.access_list
        ],
    }
    if kind > _ACCESS_LIST:
        view |= {
            "maxFeePerGas": to_quantity(transaction.max_fee_per_gas),
            "maxPriorityFeePerGas": to_quantity(transaction.max_priority_fee_per_gas),
        }
    return view


def receipt_view(block: BlockAPI, receipt: ReceiptAPI) -> Json:
    """Return the receipt of a block's transaction."""
    transaction = block.transactions[0]
    made = None
    if not transaction.to:
        made = generate_contract_address(Address(transaction.sender), transaction.nonce)
    return {
        **_place(block),
        "type": to_quantity(_kind(transaction)),
        "transactionHash": to_data(transaction.hash),
        "from": to_data(transaction.sender),
        "to": to_data(transaction.to) if transaction.to else None,
        "contractAddress": to_data(made) if made else None,
        "status": to_quantity(int.from_bytes(receipt.state_root, "big")),
        "gasUsed": to_quantity(receipt.gas_used),
        "cumulativeGasUsed": to_quantity(receipt.gas_used),
        "effectiveGasPrice": to_quantity(_gas_price(block, transaction)),
        "logsBloom": to_data(receipt.bloom.to_bytes(_BLOOM_SIZE, "big")),
        "logs": logs_view(block, receipt),
    }


def logs_view(block: BlockAPI, receipt: ReceiptAPI) -> list[Json]:
    """Return the logs of a block's transaction."""
    return [
        {
            **_place(block),
            "transactionHash": to_data(block.transactions[0].hash),
            "logIndex": to_quantity(index),
            "address": to_data(entry.address),
            "topics": [to_data(topic.to_bytes(32, "big")) for topic in entry.topics],
            "data": to_data(entry.data),
            "removed": False,
        }
        for index, entry in enumerate(receipt.logs)
    ]


def _place(block: BlockAPI) -> Json:
    return {
        "blockHash": to_data(block.hash),
        "blockNumber": to_quantity(block.number),
        "transactionIndex": "0x0",
    }


def _kind(transaction: SignedTransactionAPI) -> int:
    return getattr(transaction, "type_id", None) or _LEGACY


def _gas_price(block: BlockAPI, transaction: SignedTransactionAPI) -> int:
    """Return what a unit of gas cost: the base fee and a tip within the bounds (EIP-1559)."""
    if _kind(transaction) <= _ACCESS_LIST:
        return transaction.gas_price
    return min(
        transaction.max_fee_per_gas, base_fee(block.header) + transaction.max_priority_fee_per_gas
    )
