"""Prints the coefficients of the polynomials in src/codegen: best approximations by the Remez exchange.

    apt-get install --no-install-recommends python3-mpmath
    /usr/bin/python3 scripts/minimax.py

Each line has the largest weighted error as a power of two, then the coefficients, constant term first.
Remez, Sur le calcul effectif des polynomes d'approximation de Tchebychef (1934).
"""

from mpmath import atanh, cos, erf, erfc, expm1, linspace, log, log1p, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 40
half_log2 = log(2) / 2


def fit(f, weight, low, high, degree):
    """The polynomial p for which the largest |weight·(p − f)| on [low, high] is smallest, and that error."""
    count = degree + 2
    points = [(low + high) / 2 - (high - low) / 2 * cos(pi * k / (count - 1)) for k in range(count)]
    grid = linspace(low, high, 1500)
    targets = [(x, f(x), weight(x)) for x in grid]
    for _ in range(12):
        rows = [[x**k for k in range(degree + 1)] + [(-1) ** i / weight(x)] for i, x in enumerate(points)]
        solution = lu_solve(matrix(rows), matrix([f(x) for x in points]))
        coefficients = list(solution)[: degree + 1]
        errors = [w * (value(coefficients, x) - y) for x, y, w in targets]
        points = [grid[i] for i in extremes(errors, count)]
    return coefficients, max(abs(e) for e in errors)


def value(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def extremes(errors, count):
    """Places of the largest error of each run of one sign; of too many, a row of `count` with the larger ends."""
    places = []
    for i, e in enumerate(errors):
        if places and (errors[places[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[places[-1]]):
                places[-1] = i
        else:
            places.append(i)
    while len(places) > count:
        places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
    return places


def show(name, f, weight, low, high, degree, digits):
    coefficients, error = fit(f, weight, mpf(low), mpf(high), degree)
    print(f"{name}: 2^{float(log(error, 2)):.1f}")
    print("  " + ", ".join(mp.nstr(c, digits, min_fixed=-4, max_fixed=4) for c in coefficients))


def at(z, far, near):
    """`far` of √z, and what it tends to at 0."""
    return far(sqrt(z)) if z > mpf("1e-12") else mpf(near)


tiny = mpf("1e-9")
low, high = sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1

show(
    "exp: (eʳ − 1 − r) / r²",
    lambda r: (expm1(r) - r) / r**2 if abs(r) > tiny else mpf(1) / 2,
    lambda r: r**2 + tiny, -half_log2 * 1.001, half_log2 * 1.001, 4, 9,
)
show(
    "log: (log(1 + f) − f + f²/2) / f³",
    lambda f: (log1p(f) - f + f**2 / 2) / f**3 if abs(f) > tiny else mpf(1) / 3,
    lambda f: f**3 / log1p(f) if abs(f) > tiny else tiny**2, low, high, 7, 9,
)
show(
    "sin: (sin r / r − 1) / r², in r²",
    lambda z: at(z, lambda r: (sin(r) / r - 1) / r**2, mpf(-1) / 6),
    lambda z: z + tiny, 0, (pi / 4 * mpf(1.001)) ** 2, 2, 9,
)
show(
    "cos: (cos r − 1 + r²/2) / r⁴, in r²",
    lambda z: at(z, lambda r: (cos(r) - 1 + r**2 / 2) / r**4, mpf(1) / 24),
    lambda z: z**2 + tiny, 0, (pi / 4 * mpf(1.001)) ** 2, 2, 9,
)
show(
    "erf: erf x / x − 1, in x²",
    lambda z: at(z, lambda x: erf(x) / x, 2 / sqrt(pi)) - 1,
    lambda z: at(z, lambda x: x / erf(x), 1), 0, mpf(0.92) ** 2, 6, 9,
)
show("erf: log erfc x", lambda x: log(erfc(x)), lambda x: erfc(x), 0.9, 4, 6, 9)
show(
    "pow: (artanh s / s − 1) / s², in s²",
    lambda z: at(z, lambda s: (atanh(s) / s - 1) / s**2, mpf(1) / 3),
    lambda z: z + tiny, 0, (high / (2 + high)) ** 2, 4, 16,
)
show(
    "pow: (eʳ − 1 − r) / r²",
    lambda r: (expm1(r) - r) / r**2 if abs(r) > tiny else mpf(1) / 2,
    lambda r: r**2 + tiny, -half_log2 * 1.001, half_log2 * 1.001, 5, 16,
)
show(
    "TypeScript exp: (2^(r/16) − 1) / r",
    lambda r: (2 ** (r / 16) - 1) / r if r > tiny else log(2) / 16,
    lambda r: r + tiny, 0, 1, 2, 16,
)
print("log 2, π/2:", mp.nstr(log(2), 25), mp.nstr(pi / 2, 30))
