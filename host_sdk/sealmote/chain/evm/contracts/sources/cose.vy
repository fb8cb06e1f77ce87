# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title COSE_Sign1 Signatures by ES256 and ES256K Keys
@custom:contract-name cose
@license Apache License 2.0
@author The Sealmote authors
@notice Rebuilds what a key signed (RFC 9052, section 4.4) from its parts,
        names keys by their thumbprint (RFC 9679) and verifies signatures:
        ES256 (-7, P-256) with the precompile of EIP-7951 at `0x100`,
        ES256K (-47, secp256k1, RFC 8812) with `ecrecover`. Signatures with
        a high `s` are refused for both.
@custom:security A call to `0x100` on a chain without EIP-7951 succeeds and
                 returns nothing, as it does for a bad signature. A signature
                 is therefore never accepted there, and the revert reason
                 tells the two apart by a known good signature.
"""


# @dev The algorithms (COSE registry: ES256 and ES256K).
ES256: constant(int64) = -7
ES256K: constant(int64) = -47


# @dev The bounds of a message: `protected` has at most 64 bytes in
# version 1 of the wire format, a whole message at most 1024.
MAX_PROTECTED: constant(uint256) = 128
MAX_PAYLOAD: constant(uint256) = 1024
# @dev A CBOR head for a byte string takes at most three bytes here.
_MAX_HEAD: constant(uint256) = 3
_MAX_SIG_STRUCTURE: constant(uint256) = 12 + _MAX_HEAD + MAX_PROTECTED + 1 + _MAX_HEAD + MAX_PAYLOAD
_MAX_MESSAGE: constant(uint256) = 2 + _MAX_HEAD + MAX_PROTECTED + 1 + _MAX_HEAD + MAX_PAYLOAD + 66
# @dev The length of signed terms, see `_terms`.
TERMS: constant(uint256) = 120


# @dev The `P256VERIFY` precompile address (EIP-7951).
_P256VERIFY: constant(address) = 0x0000000000000000000000000000000000000100
# @dev Half of each curve's order, rounded down (SEC 2, sections 2.4.1
# and 2.4.2): the largest `s` that is accepted.
_HALF_ORDER_P256: constant(uint256) = (
    57_896_044_605_178_124_381_348_723_474_703_786_764_998_477_612_067_880_171_211_129_530_534_256_022_184
)
_HALF_ORDER_K256: constant(uint256) = (
    57_896_044_618_658_097_711_785_492_504_343_953_926_418_782_139_537_452_191_302_581_570_759_080_747_168
)
# @dev The prime field of secp256k1 (SEC 2, section 2.4.1).
_PRIME_K256: constant(uint256) = (
    115_792_089_237_316_195_423_570_985_008_687_907_853_269_984_665_640_564_039_457_584_007_908_834_671_663
)


@deploy
@payable
def __init__():
    """
    @dev To omit the opcodes for checking the `msg.value`
         in the creation-time EVM bytecode, the constructor
         is declared as `payable`.
    """
    pass


@internal
@pure
def _thumbprint(alg: int64, x: bytes32, y: bytes32) -> bytes32:
    """
    @dev Names a key by the SHA-256 of its COSE_Key
         {1: 2, -1: crv, -2: x, -3: y} (RFC 9679, section 3).
    @param alg The algorithm, `ES256` or `ES256K`.
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @return bytes32 The thumbprint.
    """
    assert alg == ES256 or alg == ES256K, "cose: unknown algorithm"
    # COSE curves: 1 is P-256, 8 is secp256k1.
    curve: Bytes[1] = x"01" if alg == ES256 else x"08"
    return sha256(concat(x"A4010220", curve, x"215820", x, x"225820", y))


@internal
@view
def _terms(account: address, subject: bytes32, deadline: uint64) -> Bytes[TERMS]:
    """
    @dev Rebuilds the terms that a key signs for this chain and this
         contract: a CBOR array of five byte strings of fixed length.
    @param account The 20-byte address that the key is bound to.
    @param subject The 32-byte nonce or name that the terms are about.
    @param deadline The Unix time in seconds after which they lapse.
    @return Bytes The CBOR encoding.
    """
    return concat(
        x"855820",
        convert(chain.id, bytes32),
        x"54",
        convert(self, bytes20),
        x"54",
        convert(account, bytes20),
        x"5820",
        subject,
        x"48",
        convert(deadline, bytes8),
    )


@internal
@pure
def _head(length: uint256) -> Bytes[_MAX_HEAD]:
    """
    @dev The shortest CBOR head of a byte string (RFC 8949,
         sections 3 and 4.2.1).
    @param length The string's length, below 65536.
    @return Bytes The head.
    """
    if length < 24:
        # Major type 2 in the top three bits: 2 << 5 is 64.
        return slice(convert(64 + length, bytes32), 31, 1)
    if length < 256:
        return concat(x"58", convert(convert(length, uint8), bytes1))
    return concat(x"59", convert(convert(length, uint16), bytes2))


@internal
@pure
def _digest(protected: Bytes[MAX_PROTECTED], payload: Bytes[MAX_PAYLOAD]) -> bytes32:
    """
    @dev The SHA-256 of the Sig_structure
         ["Signature1", protected, h'', payload] (RFC 9052, section 4.4).
    @param protected The encoded protected header.
    @param payload The payload.
    @return bytes32 The digest that was signed.
    """
    structure: Bytes[_MAX_SIG_STRUCTURE] = concat(
        x"846A5369676E617475726531",
        self._head(len(protected)),
        protected,
        x"40",
        self._head(len(payload)),
        payload,
    )
    return sha256(structure)


@internal
@pure
def _leaf(
    protected: Bytes[MAX_PROTECTED], payload: Bytes[MAX_PAYLOAD], r: bytes32, s: bytes32
) -> bytes32:
    """
    @dev The leaf hash of the one byte string that a message is
         (RFC 9162, section 2.1.1).
    @param protected The encoded protected header.
    @param payload The payload.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @return bytes32 The leaf hash.
    """
    message: Bytes[_MAX_MESSAGE] = concat(
        x"D284",
        self._head(len(protected)),
        protected,
        x"A0",
        self._head(len(payload)),
        payload,
        x"5840",
        r,
        s,
    )
    return sha256(concat(x"00", message))


@internal
@view
def _check_signature(alg: int64, x: bytes32, y: bytes32, digest: bytes32, r: bytes32, s: bytes32):
    """
    @dev Reverts unless the key signed the digest.
    @param alg The algorithm, `ES256` or `ES256K`.
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @param digest The 32-byte digest that was signed.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    """
    if alg == ES256:
        assert convert(s, uint256) <= _HALF_ORDER_P256, "cose: high s"
        if not self._is_valid_p256(digest, r, s, x, y):
            assert self._has_p256(), "cose: this chain lacks P256VERIFY (EIP-7951)"
            raise "cose: bad signature"
    else:
        assert alg == ES256K, "cose: unknown algorithm"
        assert convert(s, uint256) <= _HALF_ORDER_K256, "cose: high s"
        assert self._is_valid_k256(digest, r, s, x, y), "cose: bad signature"


@internal
@view
def _is_valid_p256(digest: bytes32, r: bytes32, s: bytes32, x: bytes32, y: bytes32) -> bool:
    """
    @dev Verifies over P-256. The precompile checks that `r` and `s`
         are in range and the point is on the curve (EIP-7951).
    @param digest The 32-byte digest that was signed.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @return bool The verification whether the signature is authentic.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        _P256VERIFY,
        concat(digest, r, s, x, y),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(answer, uint256) == 1


@internal
@view
def _has_p256() -> bool:
    """
    @dev Tells whether this chain has the precompile, by a
         signature known to be good: the key is the generator
         point (private key 1), the nonce is 1 and the digest
         is 0, so `r = s =` the generator's x-coordinate.
    @return bool The verification whether the precompile answers.
    """
    gx: bytes32 = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    gy: bytes32 = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    return self._is_valid_p256(empty(bytes32), gx, gx, gx, gy)


@internal
@pure
def _is_valid_k256(digest: bytes32, r: bytes32, s: bytes32, x: bytes32, y: bytes32) -> bool:
    """
    @dev Verifies over secp256k1: one of the two candidates for the
         public key must have the address of the given one. What
         `ecrecover` recovers is on the curve; the given point is
         checked, so that no second name exists for a key.
    @param digest The 32-byte digest that was signed.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @return bool The verification whether the signature is authentic.
    """
    if not self._is_on_k256(convert(x, uint256), convert(y, uint256)):
        return False
    signer: address = convert(slice(keccak256(concat(x, y)), 12, 20), address)
    return (
        ecrecover(digest, 27, convert(r, uint256), convert(s, uint256)) == signer
        or ecrecover(digest, 28, convert(r, uint256), convert(s, uint256)) == signer
    )


@internal
@pure
def _is_on_k256(x: uint256, y: uint256) -> bool:
    """
    @dev Checks y**2 == x**3 + 7 (mod p) (SEC 2, section 2.4.1).
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @return bool The verification whether the point is on the curve.
    """
    if x >= _PRIME_K256 or y >= _PRIME_K256:
        return False
    cube: uint256 = uint256_mulmod(uint256_mulmod(x, x, _PRIME_K256), x, _PRIME_K256)
    return uint256_mulmod(y, y, _PRIME_K256) == uint256_addmod(cube, 7, _PRIME_K256)
