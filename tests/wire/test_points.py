from sealwire import points
from sealwire.curves import P256, SECP256K1
from sealwire.points import INFINITY

CURVES = (P256, SECP256K1)


def negated(curve, point):
    return point[0], curve.p - point[1], point[2]


def test_n_times_the_base_point_is_infinity():
    for curve in CURVES:
        assert points.multiply(curve, curve.n - 1, curve.g)[2] != 0
        last = points.affine(curve, points.multiply(curve, curve.n - 1, curve.g))
        assert last == (curve.g[0], curve.p - curve.g[1])
        assert points.add(curve, points.multiply(curve, curve.n - 1, curve.g), curve.g)[2] == 0


def test_addition_knows_infinity_doubling_and_negatives():
    for curve in CURVES:
        g = curve.g
        twice = points.affine(curve, points.double(curve, g))
        assert points.affine(curve, points.add(curve, g, g)) == twice
        assert points.add(curve, g, negated(curve, g))[2] == 0
        assert points.add(curve, INFINITY, g) == g
        assert points.add(curve, g, INFINITY) == g
        assert points.add(curve, INFINITY, INFINITY)[2] == 0
        assert points.double(curve, INFINITY)[2] == 0
        assert points.affine(curve, points.multiply(curve, 2, g)) == twice


def test_doubling_finds_equal_points_in_other_coordinates():
    for curve in CURVES:
        x, y, _ = curve.g
        z = 12345
        scaled = (x * z * z % curve.p, y * z * z * z % curve.p, z)
        assert points.affine(curve, scaled) == (x, y)
        assert points.affine(curve, points.add(curve, curve.g, scaled)) == points.affine(
            curve, points.double(curve, curve.g)
        )


def test_two_products_at_once_are_their_sum():
    for curve in CURVES:
        g = curve.g
        q = points.multiply(curve, 11, g)
        assert points.affine(curve, points.multiply_two(curve, 5, g, 3, q)) == points.affine(
            curve, points.multiply(curve, 38, g)
        )
        assert points.multiply_two(curve, 11, g, curve.n - 1, q)[2] == 0
        # The sum of the two points is infinity, and is added nevertheless.
        back = negated(curve, g)
        assert points.affine(curve, points.multiply_two(curve, 7, g, 5, back)) == points.affine(
            curve, points.multiply(curve, 2, g)
        )


def test_multiples_of_the_base_point_are_the_published_ones():
    # SP 800-186 has no multiples; these two are in NIST's and SEC's point-multiplication test files.
    assert points.affine(P256, points.multiply(P256, 2, P256.g))[0] == int(
        "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978", 16
    )
    assert points.affine(SECP256K1, points.multiply(SECP256K1, 2, SECP256K1.g))[0] == int(
        "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5", 16
    )
