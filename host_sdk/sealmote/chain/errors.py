"""Errors of a chain.

ChainError
 ├ TargetError           a target that is neither "embedded:PATH" nor an http(s) address
 ├ NodeError             a node that did not give what it was asked for
 │  ├ NodeUnreachableError  no answer from the node
 │  │  └ NodeBusyError      one that has too much to do
 │  ├ NodeReplyError        an answer that is not what JSON-RPC and Ethereum allow
 │  │  └ NodePageError      one that is no JSON, as of a proxy before the node
 │  └ NodeRefusedError      an error that the node gave as its answer
 ├ WrongChainError       a node on another chain than the deployment's
 ├ DeploymentError       a deployment that is not there, or not what it says
 │  └ EarlierContractError  contracts of an earlier version of Sealmote
 ├ AccountError          no account to pay with, or a key file that cannot be used
 ├ InsufficientFundsError  an account that cannot pay for a transaction
 ├ RevertedError         a contract that said no; `reason` is its word
 ├ UnconfirmedError      a transaction that was sent and not mined in time
 ├ AnchorConflictError   another root for a size, or a larger size, stands on the chain
 ├ RegistrationError     terms that are not for this chain, registry or nonce
 ├ ChainBusyError        an embedded chain that another process holds
 └ ChainFileError        a file that is no embedded chain, or is damaged
"""

from sealmote.errors import SealmoteError


class ChainError(SealmoteError):
    """A chain that cannot be reached, or says no."""


class TargetError(ChainError):
    """A target that is neither "embedded:PATH" nor an http(s) address."""


class NodeError(ChainError):
    """A node that did not give what it was asked for."""


class NodeUnreachableError(NodeError):
    """No answer from the node, however often it was asked."""


class NodeBusyError(NodeUnreachableError):
    """A node that has too much to do, and said so."""


class NodeReplyError(NodeError):
    """An answer that is not what JSON-RPC 2.0 and the execution API allow."""


class NodePageError(NodeReplyError):
    """An answer that is no JSON, as proxies put before a node that is not there."""


class NodeRefusedError(NodeError):
    """An error that the node gave as its answer.

    `code` is the JSON-RPC error code, `data` the revert data where the node gave any.
    """

    def __init__(self, message: str, code: int, data: bytes = b""):
        super().__init__(message)
        self.code = code
        self.data = data


class WrongChainError(ChainError):
    """A node on another chain than the deployment's."""


class DeploymentError(ChainError):
    """A deployment that is not there, or not what it says."""


class EarlierContractError(DeploymentError):
    """Contracts of an earlier version of Sealmote, which this one does not use."""


class AccountError(ChainError):
    """No account to pay with, or a key file that cannot be used."""


class InsufficientFundsError(ChainError):
    """An account that cannot pay for a transaction."""


class RevertedError(ChainError):
    """A contract that said no. `reason` is its word, "" if it gave none."""

    def __init__(self, message: str, reason: str):
        super().__init__(message)
        self.reason = reason


class UnconfirmedError(ChainError):
    """A transaction that was sent and not mined in time; it may still be."""


class AnchorConflictError(ChainError):
    """Another root for a size, or a larger size, stands on the chain."""


class LogError(ChainError):
    """A log that is not open, is another's, or has an origin that is none."""


class RegistrationError(ChainError):
    """Terms that are not for this chain, this registry or the key's next nonce."""


class ChainBusyError(ChainError):
    """An embedded chain that another process holds."""


class ChainFileError(ChainError):
    """A file that is no embedded chain, or is damaged."""
