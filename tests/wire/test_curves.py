from sealwire.curves import P256, SECP256K1

CURVES = (P256, SECP256K1)


def test_base_points_are_on_their_curves():
    for curve in CURVES:
        assert curve.contains(curve.g[0], curve.g[1])
        assert not curve.contains(curve.g[0], curve.g[1] ^ 1)
        assert not curve.contains(0, 0)


def test_coordinates_have_to_be_reduced():
    for curve in CURVES:
        x, y, _ = curve.g
        assert not curve.contains(x + curve.p, y)
        assert not curve.contains(x, y + curve.p)
        assert not curve.contains(x, y - curve.p)
