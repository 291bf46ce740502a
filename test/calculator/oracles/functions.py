"""Writes functions.json beside this file: what functions of the calculator give, by Python's fractions and statistics,
mpmath and sympy. Run it with `python3 test/calculator/oracles/functions.py` (Debian: python3-mpmath, python3-sympy).
"""
import calendar
import datetime
import itertools
import json
import math
import os
import statistics
from fractions import Fraction

import mpmath as mp
import sympy

mp.mp.dps = 80
F = Fraction
i = mp.mpc(0, 1)


def text(value):
    """A value as the contract writes it."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(text(one) for one in value) + ']'
    if isinstance(value, sympy.MatrixBase):
        return text(value.tolist())
    if isinstance(value, (sympy.Integer, sympy.Rational)) and value.is_rational:
        value = F(int(value.p), int(value.q))
    elif isinstance(value, sympy.Expr):
        number = value.evalf(70)
        re, im = number.as_real_imag()
        value = mp.mpc(mp.mpf(str(re)), mp.mpf(str(im)))
    if isinstance(value, (int, F)):
        return real(F(value), F(value).denominator == 1)
    if isinstance(value, mp.mpc):
        re, im = value.real, value.imag
        size = max(abs(re), abs(im))
        re = mp.mpf(0) if abs(re) < size * mp.mpf(10) ** -55 else re
        im = mp.mpf(0) if abs(im) < size * mp.mpf(10) ** -55 else im
        if im == 0:
            return text(re)
        part = text(abs(im))
        part = 'i' if part == '1' else part + 'i'
        if re == 0:
            return ('-' if im < 0 else '') + part
        return f"{text(re)} {'-' if im < 0 else '+'} {part}"
    if mp.isint(value) and abs(value) < mp.mpf(10) ** 64:
        return str(int(value))
    return real(value, False)


def real(value, whole):
    if value == 0:
        return '0'
    if whole and abs(value) < 10**64:
        return str(int(value))
    sign, size = ('-' if value < 0 else ''), abs(value)
    if not isinstance(size, F):
        mantissa, exponent = int(size.man), int(size.exp)
        size = F(mantissa) * (F(2) ** exponent)
    power = 0
    while size >= 10:
        step = max(1, (len(str(size.numerator // size.denominator)) - 1))
        size /= 10**step
        power += step
    while size < 1:
        step = max(1, len(str(size.denominator // max(1, size.numerator))) - 1)
        size *= F(10) ** step
        power -= step
    while size >= 10:
        size /= 10
        power += 1
    digits = (size * 10**13 + F(1, 2)).__floor__()
    if digits >= 10**14:
        digits //= 10
        power += 1
    shown = str(digits).rstrip('0')
    if -9 <= power < 15:
        if power >= 0:
            shown = shown.ljust(power + 1, '0')
            rest = shown[power + 1 :]
            return sign + shown[: power + 1] + ('.' + rest if rest else '')
        return sign + '0.' + '0' * (-power - 1) + shown
    rest = shown[1:]
    return f"{sign}{shown[0]}{'.' + rest if rest else ''}e{'+' if power > 0 else ''}{power}"


CASES = []


def add(source, *pairs):
    for expression, value in pairs:
        CASES.append({'expression': expression, 'text': text(value), 'source': source})


def table(name, source, function, arguments, spell=str):
    """name(x) for each x, which is a text that mpmath reads."""
    add(source, *((f'{name}({x})', function(mp.mpf(x))) for x in arguments))


MPMATH = 'mpmath 1.2 with 80 digits'
xs = ['0.5', '1', '2', '0.001', '-0.75', '12.34', '1e-20', '3.999', '-7', '30']
angles = ['0.5', '1', '2', '0.001', '-0.75', '12.34', '1e-20', '100', '-7', '1e22', '1.5707963267948966']
table('sin', MPMATH, mp.sin, angles)
table('cos', MPMATH, mp.cos, angles)
table('tan', MPMATH, mp.tan, angles)
table('sec', MPMATH, mp.sec, angles)
table('csc', MPMATH, mp.csc, angles)
table('cot', MPMATH, mp.cot, angles)
unit = ['0', '0.5', '0.25', '-0.5', '1', '-1', '0.001', '0.999999', '1e-20', '2', '-3.5', '1.000000000001']
for name in ['asin', 'acos', 'atanh']:
    table(name, MPMATH, getattr(mp, name), [x for x in unit if name != 'atanh' or x not in ('1', '-1')])
table('atan', MPMATH, mp.atan, ['0', '1', '-1', '0.5', '1e-20', '1e20', '123.456', '-0.001', '3', '7'])
for name in ['sinh', 'cosh', 'tanh', 'sech', 'csch', 'coth', 'asinh']:
    table(name, MPMATH, getattr(mp, name), ['0.5', '1', '-1', '2', '1e-20', '0.001', '10', '-12.5', '100', '0.1'])
table('acosh', MPMATH, mp.acosh, ['1', '1.5', '2', '10', '1e20', '1.000000000001', '3', '100', '0.5', '-2'])
above = ['1', '2', '-2', '1.5', '10', '1e20', '1.000001', '-3', '7', '100']
table('asec', MPMATH, lambda x: mp.acos(1 / x), above)
table('acsc', MPMATH, lambda x: mp.asin(1 / x), above)
table('acot', MPMATH, lambda x: mp.atan(1 / x), ['1', '-1', '2', '0.5', '10', '1e20', '-0.001', '3', '7', '1e-20'])
table('asech', MPMATH, lambda x: mp.acosh(1 / x), ['1', '0.5', '0.1', '0.999', '1e-20', '0.25', '0.75', '0.01', '0.3', '0.9'])
table('acsch', MPMATH, lambda x: mp.asinh(1 / x), ['1', '-1', '2', '0.5', '10', '1e20', '-0.001', '3', '7', '1e-20'])
table('acoth', MPMATH, lambda x: mp.atanh(1 / x), ['2', '-2', '1.5', '10', '1e20', '1.000001', '-3', '7', '100', '1.1'])
table('exp', MPMATH, mp.exp, xs + ['0', '-200', '1000'])
table('expm1', MPMATH, mp.expm1, xs)
positive = ['0.5', '1', '2', '0.001', '12.34', '1e-20', '1e100', '3', '1000', '0.999999']
for name, function in [('ln', mp.log), ('log', mp.log), ('sqrt', mp.sqrt), ('log10', mp.log10), ('lg', mp.log10)]:
    table(name, MPMATH, function, positive + ['-2'])
table('log2', MPMATH, lambda x: mp.log(x, 2), positive + ['8', '-2'])
table('log1p', MPMATH, mp.log1p, ['0.5', '1', '-0.5', '1e-20', '-1e-20', '10', '0.001', '2', '-0.999', '1e10'])
add(
    MPMATH,
    *((f'log({x}, {b})', mp.log(mp.mpf(x)) / mp.log(mp.mpf(b))) for x, b in [('2', '3'), ('10', '7'), ('0.5', '10'), ('1e10', '3'), ('5', '0.5'), ('2', '1e-100'), ('7', '2.5')]),
    ('log(8, 2)', 3),
    ('log(1000, 10)', 3),
    ('log(1/27, 3)', -3),
)
table('cbrt', MPMATH, lambda x: mp.sign(x) * mp.cbrt(abs(x)), ['2', '8', '-27', '0.001', '100', '1e-30', '-2', '12.34', '1000', '0.5'])
add(
    MPMATH,
    *((f'nthRoot({x}, {n})', mp.root(mp.mpf(x), n)) for x, n in [('2', 2), ('5', 3), ('2', 10), ('1e100', 7), ('0.3', 5), ('12.34', 4)]),
    ('nthRoot(32, 5)', 2),
    ('nthRoot(-8, 3)', -2),
    ('nthRoot(8, -3)', F(1, 2)),
    ('root(27, 3)', 3),
    ('nthRoot(2)', mp.sqrt(2)),
    ('nthRoot(81/16, 4)', F(3, 2)),
)
add(
    'mpmath and Pythagorean triples',
    *((f'hypot({a}, {b})', c) for a, b, c in [(3, 4, 5), (5, 12, 13), (8, 15, 17), (20, 21, 29), (119, 120, 169)]),
    ('hypot(1, 1)', mp.sqrt(2)),
    ('hypot(1, 2, 2)', 3),
    ('hypot([2, 3, 6])', 7),
    ('hypot(1e-20, 1e20)', mp.sqrt(mp.mpf('1e-40') + mp.mpf('1e40'))),
    ('hypot(0.5)', F(1, 2)),
    ('hypot(3 km, 4000 m)', '5 km'),
)
table('gamma', MPMATH, mp.gamma, ['0.5', '1', '1.5', '5', '-0.5', '10.25', '100', '0.001', '-3.7', '171.5', '0.1'])
table('lgamma', MPMATH, mp.loggamma, ['0.5', '0.771', '1.5', '10', '100.25', '1e10', '0.001', '3', '1.0001', '55.5'])
table('erf', MPMATH, mp.erf, ['0', '0.5', '1', '-1', '2', '0.001', '3.7', '1e-20', '5', '-0.3'])
table('erfc', MPMATH, mp.erfc, ['0', '0.5', '1', '-1', '2', '0.001', '5', '1e-20', '10', '-0.3'])
table('zeta', MPMATH, mp.zeta, ['2', '3', '4', '0', '-1', '0.5', '-2', '1.5', '10', '-3.5', '50'])

PYTHON = 'Python fractions, decimal and math'
add(
    PYTHON,
    *((f'abs({a})', abs(F(a))) for a in ['-5', '5', '0', '-1/3', '2.5', '-1e-20', '-10000000000000000000001', '7/2', '-0.1']),
    ('abs(-5 km)', '5 km'),
    ('abs(-5 degC)', '5 degC'),
    ('abs(3 + 4i)', 5),
    *((f'sign({a})', (F(a) > 0) - (F(a) < 0)) for a in ['-5', '5', '0', '-1/3', '2.5', '-1e-20', '1e-100', '7/2', '-0.1']),
    ('sign(-3 cm)', -1),
    ('sign(3 + 4i)', mp.mpc('0.6', '0.8')),
    *((f'square({a})', F(a) ** 2) for a in ['-5', '5', '0', '1/3', '2.5', '1e-20', '123456789', '7/2', '-0.1']),
    ('square(3 cm)', '9 cm^2'),
    *((f'cube({a})', F(a) ** 3) for a in ['-5', '5', '0', '1/3', '2.5', '1e-5', '12345', '7/2', '-0.1']),
    ('cube(2 cm)', '8 cm^3'),
)


def away(value, places):
    """Rounds halves away from 0."""
    scale = F(10) ** places
    size = (abs(F(value)) * scale + F(1, 2)).__floor__() / scale
    return -size if F(value) < 0 else size


ROUNDED = [('2.5', 0), ('-2.5', 0), ('3.5', 0), ('2.345', 2), ('-2.345', 2), ('1234.5678', -2), ('1.005', 2), ('0.5', 0), ('-0.4', 0), ('2/3', 3), ('149', -2), ('150', -2), ('1e20', 0), ('0.1234567', 6)]
add(
    'Python fractions, halves away from 0',
    *((f'round({a}, {p})' if p else f'round({a})', away(a, p)) for a, p in ROUNDED),
    *((f'floor({a}, {p})' if p else f'floor({a})', (F(a) * F(10) ** p).__floor__() / F(10) ** p) for a, p in ROUNDED),
    *((f'ceil({a}, {p})' if p else f'ceil({a})', (F(a) * F(10) ** p).__ceil__() / F(10) ** p) for a, p in ROUNDED),
    *((f'fix({a}, {p})' if p else f'fix({a})', F(int(F(a) * F(10) ** p)) / F(10) ** p) for a, p in ROUNDED),
    *((f'roundUp({a}, {p})' if p else f'roundUp({a})', (F(a) * F(10) ** p).__ceil__() / F(10) ** p if F(a) > 0 else (F(a) * F(10) ** p).__floor__() / F(10) ** p) for a, p in ROUNDED),
    *((f'trunc({a})', int(F(a))) for a in ['2.7', '-2.7', '0.5', '1e20']),
    *((f'frac({a})', F(a) - int(F(a))) for a in ['2.75', '-2.75', '0', '3', '1/3', '-7/2', '1e-9', '123.25', '-0.1', '99.99']),
    ('round(5.6 km)', '6 km'),
    ('floor(5.6 km)', '5 km'),
    ('ceil(5.2 km)', '6 km'),
    ('fix(-5.6 km)', '-5 km'),
    ('round(5.678 cm, mm)', '57 mm'),
    ('round(2.345 cm, 1, cm)', '2.3 cm'),
    ('round(5.678 kg, 1)', '5.7 kg'),
    ('round(2.5 + 3.5i)', '3 + 4i'),
    ('round([1.5, 2.4])', [2, 2]),
    ('ceiling(2.1)', 3),
    ('round(pi, 4)', F('3.1416')),
)

pairs = [(12, 18), (17, 5), (0, 5), (270, 192), (2**40, 6**20), (-12, 18), (1071, 462), (1, 1), (0, 0), (10**30, 15**20)]
add(
    'Python math',
    *((f'gcd({a}, {b})', math.gcd(a, b)) for a, b in pairs),
    *((f'lcm({a}, {b})', math.lcm(a, b)) for a, b in pairs),
    ('gcd([12, 18, 27])', 3),
    ('lcm(4, 6, 10)', 60),
    ('lcm(1:20)', math.lcm(*range(1, 21))),
)


def roman(n):
    tables = ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX']
    letters = ['IVX', 'XLC', 'CDM', 'M  ']
    return ''.join(
        tables[int(digit)].translate(str.maketrans('IVX', letters[place]))
        for place, digit in reversed(list(enumerate(reversed(str(n)))))
    )


def xgcd(a, b):
    x0, y0, x1, y1 = 1, 0, 0, 1
    while b:
        q = a // b
        a, b = b, a - q * b
        x0, x1 = x1, x0 - q * x1
        y0, y1 = y1, y0 - q * y1
    return [a, x0, y0]


add(
    'the extended algorithm of Euclid (Knuth 4.5.2) and Python pow',
    *((f'xgcd({a}, {b})', xgcd(a, b)) for a, b in [(36, 163), (240, 46), (7, 3), (1071, 462), (10, 4), (1, 1), (99, 78), (5, 0), (10**14, 3), (123456, 789)]),
    *((f'invmod({a}, {m})', pow(a, -1, m)) for a, m in [(3, 11), (7, 26), (3, 10**14), (2, 9), (10, 17), (1, 5), (6, 7), (123, 4567), (5, 12), (2**60, 10**9 + 7)]),
    *((f'isPrime({n})', bool(sympy.isprime(n))) for n in [0, 1, 2, 4, 97, 561, 7919, 2**61 - 1, 2**67 - 1, 3317044064679887385961981, 564132928021909221014087501701, -3]),
    ('isPrime(2.5)', False),
    *((f'primeFactors({n})', list(itertools.chain(*([p] * e for p, e in sorted(sympy.factorint(n).items()))))) for n in [1, 2, 12, 97, 360, 1001, 1024, 999999, 600851475143, 2**31 - 1, 10**12 + 39]),
    *((f'nextPrime({n})', int(sympy.nextprime(n))) for n in [-3, 0, 1, 2, 3, 7, 13, 97, 10**6, 2**61 - 2, 2**89, 10**30]),
    *((f'prevPrime({n})', int(sympy.prevprime(n))) for n in [3, 4, 5, 6, 7, 13, 100, 10**6, 2**61, 2**89, 10**30]),
    *((f'divisors({n})', [int(d) for d in sympy.divisors(n)]) for n in [1, 2, 4, 12, 28, 97, 360, 1001, 1024, 2**31 - 1, 10**12]),
    *((f'totient({n})', int(sympy.totient(n))) for n in [1, 2, 3, 4, 9, 36, 97, 1000, 2**64, 10**18, 600851475143]),
    *((f'roman({n})', roman(n)) for n in [1, 3, 4, 9, 14, 40, 90, 400, 444, 1990, 2026, 3999]),
    *((f'hex({n})', hex(n)) for n in [0, 1, 255, -255, 4096, 2**64, 10**18, 16, 9, 3735928559]),
    *((f'bin({n})', bin(n)) for n in [0, 1, 5, -5, 255, 2**20, 1000, 16, 9, 3]),
    *((f'oct({n})', oct(n)) for n in [0, 1, 8, -8, 255, 2**20, 1000, 16, 9, 511]),
)

ns = [0, 1, 2, 3, 5, 10, 15, 20, 25, 30, 100]
add(
    'Python math and sympy',
    *((f'factorial({n})', math.factorial(n)) for n in ns),
    *((f'{n}!', math.factorial(n)) for n in [0, 5, 20]),
    ('2.3!', mp.gamma(mp.mpf('3.3'))),
    ('factorial(0.5)', mp.gamma(mp.mpf('1.5'))),
    *((f'combinations({n}, {k})', math.comb(n, k)) for n, k in [(5, 2), (10, 3), (49, 6), (7, 0), (7, 7), (2, 5), (100, 50), (52, 5), (1, 1), (0, 0)]),
    *((f'{name}(5, 2)', 10) for name in ['binomial', 'nCr']),
    ('binomial(1/2, 3)', F(1, 16)),
    ('binomial(-3, 2)', 6),
    *((f'permutations({n}, {k})', math.perm(n, k)) for n, k in [(5, 2), (10, 3), (49, 6), (7, 0), (7, 7), (2, 5), (100, 50), (52, 5), (1, 1), (0, 0)]),
    ('nPr(5, 2)', 20),
    ('permutations(4)', 24),
    *((f'combinationsWithRep({n}, {k})', math.comb(n + k - 1, k)) for n, k in [(5, 2), (10, 3), (7, 1), (7, 7), (2, 5), (20, 10), (52, 5), (1, 1), (3, 3), (6, 2)]),
    *((f'multinomial({list(c)})', int(sympy.multinomial_coefficients(len(c), sum(c))[tuple(c)])) for c in [(1, 2, 3), (2, 2), (5, 0), (1, 1, 1), (4, 3), (1, 1, 1, 1), (2, 3, 1), (6, 1), (3, 3, 3), (10, 2)]),
    *((f'catalan({n})', int(sympy.catalan(n))) for n in ns),
    *((f'bellNumbers({n})', int(sympy.bell(n))) for n in [0, 1, 2, 3, 5, 10, 15, 20, 25, 30, 50]),
    *((f'stirlingS2({n}, {k})', int(sympy.functions.combinatorial.numbers.stirling(n, k))) for n, k in [(0, 0), (1, 1), (5, 2), (10, 3), (10, 10), (7, 1), (12, 6), (20, 5), (30, 15), (50, 25)]),
    *((f'composition({n}, {k})', math.comb(n - 1, k - 1)) for n, k in [(5, 2), (1, 1), (10, 3), (7, 7), (7, 1), (20, 10), (12, 6), (30, 15), (4, 3), (50, 25)]),
    *((f'fibonacci({n})', int(sympy.fibonacci(n))) for n in ns + [300]),
)

SAMPLES = [
    ['1', '2', '3', '4'],
    ['2', '4', '4', '4', '5', '5', '7', '9'],
    ['1.5', '2.5', '2.5', '2.75', '3.25', '4.75'],
    ['10', '20', '30'],
    ['3', '1', '4', '1', '5', '9', '2', '6'],
    ['-1', '1'],
    ['0.1', '0.2', '0.3', '0.4'],
    ['1000000000000000000000', '1000000000000000000001', '1000000000000000000003'],
    ['1/3', '1/7', '2/9'],
    ['5', '5', '5', '6'],
]
root = lambda value: mp.sqrt(mp.mpf(value.numerator) / value.denominator)


def quantile(values, share):
    ordered = sorted(values)
    place = F(share) * (len(ordered) - 1)
    low = int(place)
    return ordered[low] if low + 1 == len(ordered) else ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])


def rooted(value, degree):
    found = mp.root(mp.mpf(value.numerator) / value.denominator, degree)
    return mp.nint(found) if abs(found - mp.nint(found)) < mp.mpf(10) ** -60 else found


for sample in SAMPLES:
    values = [F(one) for one in sample]
    given, row = ', '.join(sample), '[' + ', '.join(sample) + ']'
    mean, median = sum(values) / len(values), statistics.median(values)
    add(
        'Python statistics over fractions',
        (f'mean({given})', mean),
        (f'mean({row})', mean),
        (f'median({given})', median),
        (f'mode({row})', statistics.multimode(values)),
        (f'variance({given})', statistics.variance(values)),
        (f'variance({row}, "uncorrected")', statistics.pvariance(values)),
        (f'std({given})', root(statistics.variance(values))),
        (f'std({row}, "uncorrected")', root(statistics.pvariance(values))),
        (f'sum({given})', sum(values)),
        (f'sum({row})', sum(values)),
        (f'prod({given})', math.prod(values)),
        (f'max({given})', max(values)),
        (f'min({row})', min(values)),
        (f'mad({given})', statistics.median([abs(one - median) for one in values])),
        (f'quantileSeq({row}, 0.25)', quantile(values, '0.25')),
        (f'percentile({row}, 90)', quantile(values, '0.9')),
        (f'percentile({row}, 25%)', quantile(values, '0.25')),
        (f'quartile({row}, 3)', quantile(values, '0.75')),
        (f'iqr({row})', quantile(values, '0.75') - quantile(values, '0.25')),
        (f'varp({given})', statistics.pvariance(values)),
        (f'stdevp({given})', root(statistics.pvariance(values))),
        (f'rms({row})', root(sum(one * one for one in values) / len(values))),
        (f'harmmean({row})', len(values) / sum(1 / one for one in values) if sum(1 / one for one in values) else 'evaluation: Division by zero.'),
        (f'geomean({row})', rooted(math.prod(values), len(values)) if min(values) > 0 else 'evaluation: A geometric mean takes values from 0 up.'),
        (f'quantileSeq({row}, [0, 0.5, 1])', [quantile(values, share) for share in ('0', '0.5', '1')]),
        (f'sort({row})', sorted(values)),
        (f'sort({row}, "desc")', sorted(values, reverse=True)),
        (f'cumsum({row})', list(itertools.accumulate(values))),
        (f'diff({row})', [b - a for a, b in zip(values, values[1:])]),
        (f'count({row})', len(values)),
        (f'setDistinct({row})', sorted(set(values))),
    )
    other = [one * one + 1 for one in range(len(values))]
    dx = [one - mean for one in values]
    dy = [one - F(sum(other), len(other)) for one in other]
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    r = dot(dx, dy)
    add('over fractions', (f'covariance({row}, {other})', r / (len(values) - 1)))
    add(
        'Pearson, over fractions',
        (f'corr({row}, {other})', mp.mpf(r.numerator) / r.denominator / root(dot(dx, dx) * dot(dy, dy))),
    )

SETS = [([1, 2, 3], [2, 3, 4]), ([1, 2], [3, 4]), ([], [1]), ([5, 1, 9], [9, 1, 5]), ([1, 2, 3, 4, 5], [2, 4]), ([7], [7]), ([0, -1], [1, -1]), ([10, 20, 30], [30]), ([2], []), ([3, 6, 9], [6, 12])]
for a, b in SETS:
    x, y = set(a), set(b)
    add(
        'Python sets',
        (f'setUnion({a}, {b})', sorted(x | y)),
        (f'setIntersect({a}, {b})', sorted(x & y)),
        (f'setDifference({a}, {b})', sorted(x - y)),
        (f'setSymDifference({a}, {b})', sorted(x ^ y)),
        (f'setIsSubset({a}, {b})', x <= y),
        (f'setSize({a})', len(a)),
    )

M = sympy.Matrix
R = sympy.Rational
SQUARE = [
    M([[1, 2], [3, 4]]),
    M([[2, 1], [1, 1]]),
    M([[4]]),
    M([[1, 2, 3], [0, 1, 4], [5, 6, 0]]),
    M([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]),
    M([[R(1, 2), R(1, 3)], [R(1, 5), R(1, 7)]]),
    M([[1, 1, 1, 1], [1, 2, 3, 4], [1, 4, 9, 16], [1, 8, 27, 64]]),
    M([[0, 1], [1, 0]]),
    M([[3, 0, 0], [0, -2, 0], [0, 0, 7]]),
    M(5, 5, lambda a, b: R(1, a + b + 1)),
]


def spell(matrix):
    return '[' + ', '.join('[' + ', '.join(str(one) for one in row) + ']' for row in matrix.tolist()) + ']'


for m in SQUARE:
    n = m.shape[0]
    right = M(range(1, n + 1))
    add(
        'sympy, exact matrices',
        (f'det({spell(m)})', m.det()),
        (f'inv({spell(m)})', m.inv()),
        (f'trace({spell(m)})', m.trace()),
        (f'rank({spell(m)})', m.rank()),
        (f'rref({spell(m)})', m.rref()[0]),
        (f'rank({spell(m.col_join(m.row(0) * 2)[1:, :])})', m.col_join(m.row(0) * 2)[1:, :].rank()),
        (f'transpose({spell(m)})', m.T),
        (f'lusolve({spell(m)}, {list(range(1, n + 1))})', m.LUsolve(right)),
        (f'pinv({spell(m)})', m.inv()),
        (f'{spell(m)}^3', m**3),
        (f'kron([[1, 2]], {spell(m)})', sympy.kronecker_product(M([[1, 2]]), m)),
        (f'norm({spell(m)}, "fro")', sympy.sqrt(sum(one**2 for one in m))),
        (f'norm({spell(m)}, 1)', max(sum(abs(one) for one in m.col(c)) for c in range(n))),
        (f'norm({spell(m)}, "inf")', max(sum(abs(one) for one in m.row(c)) for c in range(n))),
        (f'diag({spell(m)})', [m[k, k] for k in range(n)]),
        (f'flatten({spell(m)})', list(m)),
        (f'row({spell(m)}, {n})', m.row(n - 1)),
        (f'column({spell(m)}, 1)', m.col(0)),
        (f'size({spell(m)})', [n, n]),
    )
    lower = M(n, n, lambda a, b: m[a, b] if a >= b else 0)
    upper = M(n, n, lambda a, b: m[a, b] if a <= b else 0)
    if lower.det() != 0:
        add('sympy, exact matrices', *((f'lsolve({spell(lower)}, {list(one)})', lower.LUsolve(one)) for one in (right, 2 * right)))
    if upper.det() != 0:
        add('sympy, exact matrices', *((f'usolve({spell(upper)}, {list(one)})', upper.LUsolve(one)) for one in (right, 2 * right)))

mp.mp.dps = 60


def of(matrix):
    return mp.matrix([[mp.mpf(one.p) / one.q for one in row] for row in matrix.tolist()])


def ordered(values):
    return sorted(values, key=lambda one: (mp.nstr(mp.re(one), 40) and mp.mpf(mp.nstr(mp.re(one), 40)), mp.im(one)))


EIGEN = SQUARE + [M([[0, 1], [-1, 0]]), M([[2, 1], [0, 2]]), M([[1, 2, 0], [0, 3, 4], [5, 0, -6]]), M([[0, 1, 0], [0, 0, 1], [1, 0, 0]])]
for m in EIGEN:
    if m == M([[2, 1], [0, 2]]):
        add('a Jordan block', (f'eigenvalues({spell(m)})', [2, 2]))
        continue
    # mpmath leaves what is 0 as noise.
    found = [mp.mpc(mp.re(one) if abs(mp.re(one)) > 1e-40 else 0, mp.im(one) if abs(mp.im(one)) > 1e-40 else 0) for one in (mp.eig(of(m), left=False, right=False) if m.shape[0] > 1 else [of(m)[0, 0]])]
    found = [mp.mpc(mp.nint(mp.re(one)) if abs(mp.re(one) - mp.nint(mp.re(one))) < 1e-40 else mp.re(one), mp.nint(mp.im(one)) if abs(mp.im(one) - mp.nint(mp.im(one))) < 1e-40 else mp.im(one)) for one in found]
    add('mpmath eig with 60 digits', (f'eigenvalues({spell(m)})', ordered(found)))
for m in SQUARE:
    size = mp.mpf(mp.svd_r(of(m), compute_uv=False)[0])
    whole = mp.nint(size)
    add('mpmath svd with 60 digits', (f'norm({spell(m)})', whole if abs(size - whole) < 1e-40 else size))
for m in [M([[1, 2], [3, 4]]), M([[0, 1], [0, 0]]), M([[0, -1], [1, 0]]), M([[1, 1], [1, 1]]), M([[R(1, 2), 0], [0, -1]]), M([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]), M([[-1, 3], [2, -4]]), M([[0, 2], [3, 0]]), M([[10, 1], [1, 10]]), M([[R(1, 10), R(1, 5)], [R(3, 10), R(2, 5)]])]:
    found = mp.expm(of(m))
    exact = lambda one: mp.nint(one) if abs(one - mp.nint(one)) < 1e-40 else one
    add('mpmath expm with 60 digits', (f'expm({spell(m)})', [[exact(found[a, b]) for b in range(m.shape[0])] for a in range(m.shape[0])]))
ROOTS = [M([[5, 2], [4, 7]]), M([[2, 0], [0, 3]]), M([[1, 1], [0, 1]]), M([[2, 1], [1, 2]]), M([[1, 1], [1, 2]]), M([[R(1, 2), 0], [R(1, 3), R(1, 4)]]), M([[3, 1, 0], [1, 3, 1], [0, 1, 3]]), M([[2, 1, 0], [0, 2, 1], [0, 0, 2]]), M([[4, 1], [2, 3]]), M([[1, 0], [5, 6]])]
for m in ROOTS:
    add('squares of matrices with eigenvalues to the right of the imaginary axis', (f'sqrtm({spell(m * m)})', m))

VECTORS = [([1, 2, 3], [4, 5, 6]), ([1, 0, 0], [0, 1, 0]), ([2, -1, 3], [1, 1, -1]), ([R(1, 2), R(1, 3), 1], [6, 3, 2]), ([0, 0, 0], [1, 2, 3]), ([1, 1, 1], [2, 2, 2]), ([-1, -2, -3], [3, 2, 1]), ([10, 20, 30], [1, 2, 4]), ([7, 8, 9], [9, 8, 7]), ([1, 5, -2], [-4, 3, 6])]
for a, b in VECTORS:
    x, y = M(a), M(b)
    listed = lambda v: '[' + ', '.join(str(one) for one in v) + ']'
    add(
        'sympy, vectors',
        (f'dot({listed(a)}, {listed(b)})', x.dot(y)),
        (f'cross({listed(a)}, {listed(b)})', list(x.cross(y))),
        (f'distance({listed(a)}, {listed(b)})', sympy.sqrt(sum((p - q) ** 2 for p, q in zip(a, b)))),
        (f'norm({listed(a)})', sympy.sqrt(sum(sympy.Integer(1) * p**2 for p in a))),
        (f'norm({listed(b)}, 1)', sum(abs(sympy.Integer(1) * p) for p in b)),
        (f'norm({listed(a)}, "inf")', max(abs(sympy.Integer(1) * p) for p in a)),
    )

COMPLEX = ['3+4i', '2-i', '-1+i', '0.5+2i', '-3-4i', '1+1i', '5i', '-2i', '7', '-1']
for z in COMPLEX:
    value = mp.mpc(complex(z.replace('i', 'j')))
    add(
        'mpmath with complex numbers',
        (f're({z})', value.real),
        (f'im({z})', value.imag),
        (f'conj({z})', value.conjugate()),
        (f'arg({z})', mp.arg(value)),
        (f'abs({z})', abs(value)),
        (f'sqrt({z})', mp.sqrt(value)),
        (f'exp({z})', mp.exp(value)),
        (f'ln({z})', mp.log(value)),
        (f'sin({z})', mp.sin(value)),
        (f'cosh({z})', mp.cosh(value)),
        (f'atan({z})' if z not in ('5i', '-2i') else f'tan({z})', mp.atan(value) if z not in ('5i', '-2i') else mp.tan(value)),
        (f'asin({z})' if z not in ('7', '-1') else f'sinh({z})', mp.asin(value) if z not in ('7', '-1') else mp.sinh(value)),
        (f'gamma({z})' if z != '-1' else 'gamma(6)', mp.gamma(value) if z != '-1' else 120),
    )
for y, x in [('1', '1'), ('-1', '-1'), ('1', '-1'), ('-1', '1'), ('0', '1'), ('0', '-1'), ('1', '0'), ('-1', '0'), ('0', '0'), ('3', '4'), ('1e-20', '-1')]:
    add(MPMATH, (f'atan2({y}, {x})', mp.atan2(mp.mpf(y), mp.mpf(x))))

BITS = [(12, 10), (255, 15), (1023, 512), (6, 3), (0, 5), (-1, 7), (2**70 + 1, 3), (1, 1), (-8, -3), (170, 85)]
for a, b in BITS:
    add(
        'Python int',
        (f'bitAnd({a}, {b})', a & b),
        (f'bitOr({a}, {b})', a | b),
        (f'bitXor({a}, {b})', a ^ b),
        (f'bitNot({a})', ~a),
        (f'leftShift({a}, {abs(b) % 20})', a << abs(b) % 20),
        (f'rightArithShift({a}, {abs(b) % 20})', a >> abs(b) % 20),
        (f'mod({a}, {b})', a % b),
        (f'add({a}, {b})', a + b),
        (f'subtract({a}, {b})', a - b),
        (f'multiply({a}, {b})', a * b),
        (f'divide({a}, {b})', F(a, b)),
        (f'pow({a}, {abs(b) % 10})', a ** (abs(b) % 10)),
        (f'equal({a}, {b})', a == b),
        (f'unequal({a}, {b})', a != b),
        (f'smaller({a}, {b})', a < b),
        (f'larger({a}, {b})', a > b),
        (f'smallerEq({a}, {b})', a <= b),
        (f'largerEq({a}, {b})', a >= b),
        (f'compare({a}, {b})', (a > b) - (a < b)),
        (f'deepEqual([{a}], [{b}])', a == b),
        (f'xor({a} > 5, {b} > 5)', (a > 5) != (b > 5)),
        (f'isNegative({a})', a < 0),
        (f'isPositive({a})', a > 0),
        (f'isZero({a})', a == 0),
        (f'isInteger({a} / {b})', a % b == 0),
        (f'dotMultiply([{a}, 1], [{b}, 2])', [a * b, 2]),
        (f'dotDivide([{a}, 1], [{b}, 2])', [F(a, b), F(1, 2)]),
        (f'dotPow([{a}, 2], 2)', [a * a, 4]),
        (f'unaryMinus({a})', -a),
        (f'unaryPlus({b})', b),
        (f'unaryPlus({a} + 0.5)', F(a) + F(1, 2)),
    )

# Dates: the ends of years, months, weeks and leap years among them.
DAYS = '1900-02-28 1970-01-01 1999-12-31 2000-02-29 2020-12-31 2021-01-03 2023-01-01 2024-02-29 2026-11-28 2026-12-28 2027-01-01 2100-03-01'.split()
BIRTHS = '1899-03-01 1969-12-31 1970-01-01 2000-02-29 2004-02-29 1990-01-01 1990-05-17 2023-01-01 1990-11-28 1990-11-29 2026-12-31 2000-02-29'.split()


def years_between(birth, day):
    """Someone who was born on 29 February is a year older on 1 March of other years, as spreadsheets count."""
    return day.year - birth.year - ((birth.month, birth.day) > (day.month, day.day))


def workdays(start, end):
    days = range(abs((end - start).days) + 1)
    count = sum((min(start, end) + datetime.timedelta(n)).weekday() < 5 for n in days)
    return count if start <= end else -count


for written, birth in zip(DAYS, BIRTHS):
    day, born = datetime.date.fromisoformat(written), datetime.date.fromisoformat(birth)
    add(
        'Python datetime',
        (f'weekday({written})', day.strftime('%A')),
        (f'weekNumber({written})', day.isocalendar().week),
        (f'date({day.year}, {day.month}, {day.day})', written),
        (f'isLeapYear({day.year})', calendar.isleap(day.year)),
        (f'isLeapYear({written})', calendar.isleap(day.year)),
        (f'workdays({birth}, {written})', workdays(born, day)),
        (f'workdays({written}, {birth})', workdays(day, born)),
    )
    if born <= day:
        years = years_between(born, day)
        add('Python datetime', (f'age({birth}, {written})', f'{years} year' if years == 1 else f'{years} years'))
for start, end in (('2000-02-29', '2001-02-28'), ('2000-02-29', '2001-02-27'), ('2026-11-28', '2026-11-28')):
    years = years_between(datetime.date.fromisoformat(start), datetime.date.fromisoformat(end))
    add('Python datetime', (f'age({start}, {end})', f'{years} year' if years == 1 else f'{years} years'))

for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 19, 30, 31):
    add('sympy', (f'{n}!!', int(sympy.factorial2(n))))

here = os.path.dirname(os.path.abspath(__file__))
seen = {}
for case in CASES:
    seen.setdefault(case['expression'], case)
with open(os.path.join(here, 'functions.json'), 'w') as file:
    # One case a line
    file.write('[\n' + ',\n'.join('  ' + json.dumps(case, ensure_ascii=False) for case in seen.values()) + '\n]\n')
print(len(seen))
