from sealwire.curves import INFINITY, P256, SECP256K1

CURVES = (P256, SECP256K1)


def negated(curve, point):
    return point[0], curve.p - point[1], point[2]


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


def test_n_times_the_base_point_is_infinity():
    for curve in CURVES:
        assert curve.multiply(curve.n - 1, curve.g)[2] != 0
        last = curve.affine(curve.multiply(curve.n - 1, curve.g))
        assert last == (curve.g[0], curve.p - curve.g[1])
        assert curve.add(curve.multiply(curve.n - 1, curve.g), curve.g)[2] == 0


def test_addition_knows_infinity_doubling_and_negatives():
    for curve in CURVES:
        g = curve.g
        twice = curve.affine(curve.double(g))
        assert curve.affine(curve.add(g, g)) == twice
        assert curve.add(g, negated(curve, g))[2] == 0
        assert curve.add(INFINITY, g) == g
        assert curve.add(g, INFINITY) == g
        assert curve.add(INFINITY, INFINITY)[2] == 0
        assert curve.double(INFINITY)[2] == 0
        assert curve.affine(curve.multiply(2, g)) == twice


def test_doubling_finds_equal_points_in_other_coordinates():
    for curve in CURVES:
        x, y, _ = curve.g
        z = 12345
        scaled = (x * z * z % curve.p, y * z * z * z % curve.p, z)
        assert curve.affine(scaled) == (x, y)
        assert curve.affine(curve.add(curve.g, scaled)) == curve.affine(curve.double(curve.g))


def test_two_products_at_once_are_their_sum():
    for curve in CURVES:
        g = curve.g
        q = curve.multiply(11, g)
        assert curve.affine(curve.multiply_two(5, g, 3, q)) == curve.affine(curve.multiply(38, g))
        assert curve.multiply_two(11, g, curve.n - 1, q)[2] == 0
        # The sum of the two points is infinity, and is added nevertheless.
        back = negated(curve, g)
        assert curve.affine(curve.multiply_two(7, g, 5, back)) == curve.affine(curve.multiply(2, g))


def test_multiples_of_the_base_point_are_the_published_ones():
    # SP 800-186 has no multiples; these two are in NIST's and SEC's point-multiplication test files.
    assert P256.affine(P256.multiply(2, P256.g))[0] == int(
        "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978", 16
    )
    assert SECP256K1.affine(SECP256K1.multiply(2, SECP256K1.g))[0] == int(
        "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5", 16
    )
