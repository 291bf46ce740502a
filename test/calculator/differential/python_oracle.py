"""Answers questions about values, for the differential test of the calculator.

One JSON line in, `{"id": 1, "tree": ["add", ["number", "1/3"], ["number", "2"]]}`, one out, `{"id": 1, "answer": …}`:
  {"exact": "7/3"}              a rational number
  {"digits": "1.41421356…"}     a real number to 60 digits
  {"complex": [re, im]}         each part one of the above
  {"truth": true}, {"text": "2026-02-28"}, {"list": [answer, …]}
  {"undefined": "why"}          there is no such value
  {"skip": "why"}               this oracle cannot tell
With `"beyondExact": true` where a number on the way has more than 1,000 bits.

Rationals are Python's Fraction, everything else is mpmath at 60 and again at 300 digits: where the two differ in the first
25 digits, the question is ill-conditioned and is skipped. Matrices are sympy's.
"""
import calendar
import datetime
import json
import math
import statistics
import sys
from fractions import Fraction
from zoneinfo import ZoneInfo

import mpmath
import sympy
from mpmath import mp

COARSE, FINE = 60, 300


class Undefined(Exception):
    pass


class Skip(Exception):
    pass


class Gaussian:
    """A complex number of two Fractions."""

    def __init__(self, re, im):
        self.re, self.im = re, im


# Whether a number of the present question has more bits than the calculator keeps exactly.
beyond_exact = False
EXACT_BITS = 1000


def simple(re, im):
    return re if im == 0 else Gaussian(re, im)


def is_exact(value):
    return isinstance(value, (Fraction, Gaussian))


def parts(value):
    return (value.re, value.im) if isinstance(value, Gaussian) else (value, Fraction(0))


def inexact(value):
    """The value as mpmath has it at its present precision."""
    if isinstance(value, Fraction):
        return mp.mpf(value.numerator) / value.denominator
    if isinstance(value, Gaussian):
        return mp.mpc(inexact(value.re), inexact(value.im))
    return value


def real(value):
    if isinstance(value, Gaussian) or isinstance(value, mp.mpc):
        raise Skip("complex")
    return value


def whole(value):
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    raise Undefined("not a whole number")


def add(a, b):
    if is_exact(a) and is_exact(b):
        (ar, ai), (br, bi) = parts(a), parts(b)
        return simple(ar + br, ai + bi)
    return inexact(a) + inexact(b)


def negate(a):
    return multiply(Fraction(-1), a)


def multiply(a, b):
    if is_exact(a) and is_exact(b):
        (ar, ai), (br, bi) = parts(a), parts(b)
        return simple(ar * br - ai * bi, ar * bi + ai * br)
    return inexact(a) * inexact(b)


def divide(a, b):
    if is_exact(b):
        br, bi = parts(b)
        size = br * br + bi * bi
        if size == 0:
            raise Undefined("division by zero")
        return multiply(a, simple(br / size, -bi / size))
    if b == 0:
        raise Skip("division by what may be zero")
    return inexact(a) / inexact(b)


def exact_root(value, degree):
    """The root of a rational number that is not negative, as a Fraction where it is one."""
    def root(n):
        found, is_whole = sympy.integer_nthroot(n, degree)
        return int(found) if is_whole else None
    top, bottom = root(value.numerator), root(value.denominator)
    return None if top is None or bottom is None else Fraction(top, bottom)


def power(a, b):
    if isinstance(b, Fraction) and b.denominator == 1 and is_exact(a):
        n = b.numerator
        if n < 0 and parts(a) == (0, 0):
            raise Undefined("division by zero")
        bits = max(part.bit_length() for f in parts(a) for part in (f.numerator, f.denominator))
        if bits * abs(n) <= 200_000:
            if n < 0:
                return divide(Fraction(1), power(a, Fraction(-n)))
            result = Fraction(1)
            while n:
                if n & 1:
                    result = multiply(result, a)
                a = multiply(a, a)
                n >>= 1
            return result
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        if a == 0:
            if b > 0:
                return Fraction(0)
            raise Undefined("0 to a power that is not positive")
        if a > 0 and 1 < b.denominator <= 64 and abs(b.numerator) <= 4096:
            root = exact_root(a, b.denominator)
            if root is not None:
                return power(root, Fraction(b.numerator))
    if is_exact(a) and parts(a) == (0, 0):
        raise Skip("0 to a power")
    return mp.power(inexact(a), inexact(b))


def remainder(a, b):
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        if b == 0:
            raise Undefined("remainder by zero")
        return a % b
    a, b = real(inexact(a)), real(inexact(b))
    return a - b * mp.floor(a / b)


def square_root(a):
    if isinstance(a, Fraction):
        root = exact_root(abs(a), 2)
        if root is not None:
            return root if a >= 0 else Gaussian(Fraction(0), root)
    return mp.sqrt(inexact(a))


def real_root(a, degree):
    n = whole(degree)
    if not isinstance(a, Fraction):
        raise Skip("root of what is not rational")
    if n < 1:
        raise Skip("degree")
    if a < 0 and n % 2 == 0:
        raise Skip("even root of a negative number")
    sign = -1 if a < 0 else 1
    root = exact_root(abs(a), n)
    return sign * root if root is not None else sign * mp.root(inexact(abs(a)), n)


def magnitude(a):
    if isinstance(a, Fraction):
        return abs(a)
    if isinstance(a, Gaussian):
        return square_root(a.re * a.re + a.im * a.im)
    return abs(a)


def logarithm(a, base=None):
    if is_exact(a) and parts(a) == (0, 0):
        raise Undefined("logarithm of 0")
    if a == 1:
        return Fraction(0)
    if base is None:
        return mp.ln(inexact(a))
    if isinstance(a, Fraction) and isinstance(base, Fraction) and a > 0 and base > 0 and base != 1:
        guess = Fraction(int(mp.nint(mp.ln(inexact(a)) / mp.ln(inexact(base)))))
        if abs(guess) < 4000 and power(base, guess) == a:
            return guess
    return mp.ln(inexact(a)) / mp.ln(inexact(base))


def rounded(a, places):
    a, n = real(a), whole(places)
    scale = Fraction(10) ** n
    if not isinstance(a, Fraction):
        a = mp.mpf(a) * inexact(scale)
        return Fraction(int(mp.floor(abs(a) + mp.mpf(1) / 2))) * (1 if a >= 0 else -1) / scale
    return Fraction(math.floor(abs(a) * scale + Fraction(1, 2))) * (1 if a >= 0 else -1) / scale


def floor(a):
    return Fraction(math.floor(a)) if isinstance(a, Fraction) else Fraction(int(mp.floor(real(a))))


def ceiling(a):
    return -floor(negate(a))


def truncate(a):
    return floor(a) if real(a) >= 0 else ceiling(a)


def factorial(a):
    if isinstance(a, Fraction) and a.denominator == 1:
        if a < 0:
            raise Undefined("factorial of a negative whole number")
        return Fraction(math.factorial(a.numerator))
    return mp.gamma(inexact(a) + 1)


def gamma(a):
    return factorial(a - 1) if isinstance(a, Fraction) else mp.gamma(inexact(a))


def compare(operator):
    def compared(a, b):
        if is_exact(a) and is_exact(b):
            return operator(parts(a), parts(b))
        difference = inexact(a) - inexact(b)
        if abs(difference) < abs(inexact(a)) * mp.mpf(10) ** -40:
            raise Skip("too near to compare")
        return operator((real(inexact(a)), 0), (real(inexact(b)), 0))
    return compared


def all_fractions(values):
    if not all(isinstance(value, Fraction) for value in values):
        raise Skip("only rational numbers")
    return values


def mean(values):
    return sum(all_fractions(values), Fraction(0)) / len(values)


def variance(values, freedom=1):
    if len(values) <= freedom:
        raise Undefined("a sample of one")
    middle = mean(values)
    return sum((value - middle) ** 2 for value in values) / (len(values) - freedom)


def quantile(values, share):
    """Linear between the values, as numpy, Excel and R (type 7) have it."""
    ordered = sorted(all_fractions(values))
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def mode(values):
    found = statistics.multimode(all_fractions(values))
    if len(found) > 1:
        raise Skip("several modes, in no order that matters")
    return found


def deviations(values):
    middle = quantile(values, Fraction(1, 2))
    return quantile([abs(value - middle) for value in values], Fraction(1, 2))


def correlation(a, b):
    if len(a) != len(b) or len(a) < 2:
        raise Undefined("not pairs")
    (mean_a, mean_b) = (mean(a), mean(b))
    product = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    squares = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    if squares == 0:
        raise Undefined("no deviation")
    return divide(product, square_root(squares))


def cumulative(values):
    return [sum(values[:count + 1], Fraction(0)) for count in range(len(values))]


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def kronecker(a, b):
    return [[x * y for x in row for y in other] for row in a for other in b]


def inverse_modulo(a, modulus):
    a, modulus = whole(a), whole(modulus)
    if math.gcd(a, modulus) != 1:
        raise Skip("no inverse: what that is called differs")
    return Fraction(pow(a, -1, modulus))


def as_sympy(rows):
    return sympy.Matrix([[sympy.Rational(cell.numerator, cell.denominator) for cell in all_fractions(row)] for row in rows])


def from_sympy(value):
    if isinstance(value, sympy.MatrixBase):
        return [[from_sympy(value[row, column]) for column in range(value.cols)] for row in range(value.rows)]
    return Fraction(int(value.p), int(value.q))


def inverse(rows):
    matrix = as_sympy(rows)
    if matrix.det() == 0:
        raise Undefined("singular")
    return from_sympy(matrix.inv())


def date(text):
    return datetime.date.fromisoformat(text)


def add_months(day, months):
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    if not 1 <= year <= 9999:
        raise Skip("beyond Python's years")
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_to_date(day, count, unit):
    day, count = date(day), int(count)
    try:
        if unit == "months":
            return add_months(day, count).isoformat()
        if unit == "years":
            return add_months(day, 12 * count).isoformat()
        return (day + datetime.timedelta(days=count * {"days": 1, "weeks": 7}[unit])).isoformat()
    except (OverflowError, ValueError):
        raise Skip("beyond Python's years")


def clock_after(time, minutes):
    hours, minute = map(int, time.split(":"))
    total = (hours * 60 + minute + int(minutes)) % 1440
    return f"{total // 60:02}:{total % 60:02}"


def placed(moment, zone):
    """A time on the clocks of a place; none where they are put forward then, and two where they are put back."""
    at = datetime.datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        raise Undefined("clocks are changed then")
    return at.astimezone(datetime.timezone.utc)


def shown_in(at, zone):
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def between_zones(moment, start, end):
    return shown_in(placed(moment, start), end)


def zoned_after(moment, zone, minutes):
    return shown_in(placed(moment, zone) + datetime.timedelta(minutes=int(minutes)), zone)


def hours_between(moment, zone, other_moment, other_zone):
    apart = placed(moment, zone) - placed(other_moment, other_zone)
    return Fraction(apart // datetime.timedelta(minutes=1), 60)


def is_workday(day):
    return day.weekday() < 5


def add_workdays(day, count):
    """One day after the other, slowly and surely."""
    day, left = date(day), int(count)
    step = 1 if left > 0 else -1
    while left != 0:
        day += datetime.timedelta(days=step)
        if is_workday(day):
            left -= step
    return day.isoformat()


def count_workdays(start, end):
    start, end = date(start), date(end)
    first, last = min(start, end), max(start, end)
    days = (first + datetime.timedelta(days=i) for i in range((last - first).days + 1))
    count = sum(1 for day in days if is_workday(day))
    return Fraction(count if start <= end else -count)


def add_months_and_days(day, months, days):
    try:
        return (add_months(date(day), int(months)) + datetime.timedelta(days=int(days))).isoformat()
    except (OverflowError, ValueError):
        raise Skip("beyond Python's years")


def modular_power(base, exponent, modulus):
    return Fraction(pow(whole(base), whole(exponent), whole(modulus)))


def of_whole(function):
    return lambda *values: Fraction(int(function(*map(whole, values))))


def of_mp(function):
    """A function of mpmath on one number; a pole is undefined."""
    def applied(*values):
        try:
            return function(*map(inexact, values))
        except (ValueError, ZeroDivisionError):
            raise Undefined("a pole")
    return applied


def zero_at(function, place, result):
    """Exact at one place, mpmath elsewhere."""
    def applied(value):
        return Fraction(result) if value == place else of_mp(function)(value)
    return applied


OPERATIONS = {
    "add": add, "subtract": lambda a, b: add(a, negate(b)), "multiply": multiply, "divide": divide,
    "negate": negate, "power": power, "remainder": remainder,
    "i": lambda: Gaussian(Fraction(0), Fraction(1)), "pi": lambda: mp.pi + 0, "e": lambda: mp.e + 0,
    "abs": magnitude, "sign": lambda a: Fraction((real(a) > 0) - (real(a) < 0)),
    "floor": floor, "ceil": ceiling, "fix": truncate, "round": rounded,
    "re": lambda a: parts(a)[0] if is_exact(a) else mp.re(a), "im": lambda a: parts(a)[1] if is_exact(a) else mp.im(a),
    "conj": lambda a: simple(parts(a)[0], -parts(a)[1]) if is_exact(a) else mp.conj(a), "arg": of_mp(mp.arg),
    "sqrt": square_root, "cbrt": lambda a: real_root(a, Fraction(3)), "nthRoot": real_root,
    "exp": zero_at(mp.exp, 0, 1), "expm1": zero_at(mp.expm1, 0, 0), "ln": logarithm, "log": logarithm,
    "log2": lambda a: logarithm(a, Fraction(2)), "log10": lambda a: logarithm(a, Fraction(10)), "log1p": zero_at(mp.log1p, 0, 0),
    **{name: zero_at(getattr(mp, name), 0, 0) for name in "sin tan asin atan sinh tanh asinh atanh erf".split()},
    **{name: zero_at(getattr(mp, name), 0, 1) for name in "cos sec cosh sech erfc".split()},
    **{name: of_mp(getattr(mp, name)) for name in "csc cot acos csch coth acosh asec acsc acot asech acsch acoth zeta".split()},
    "atan2": of_mp(mp.atan2), "hypot": lambda a, b: square_root(add(multiply(a, a), multiply(b, b))),
    "degrees": lambda a: multiply(a, mp.pi / 180), "gamma": gamma, "lgamma": lambda a: mp.re(of_mp(mp.loggamma)(real(a))),
    "factorial": factorial, "doubleFactorial": of_whole(lambda n: sympy.factorial2(n)),
    "gcd": of_whole(math.gcd), "lcm": of_whole(math.lcm), "isPrime": lambda a: bool(sympy.isprime(whole(a))),
    "combinations": of_whole(math.comb), "permutations": of_whole(math.perm), "modularPower": modular_power,
    "catalan": of_whole(lambda n: sympy.catalan(n)), "bellNumbers": of_whole(lambda n: sympy.bell(n)),
    "invmod": inverse_modulo, "combinationsWithRep": of_whole(lambda n, k: math.comb(n + k - 1, k)),
    "composition": of_whole(lambda n, k: math.comb(n - 1, k - 1)),
    "multinomial": lambda values: Fraction(math.factorial(sum(map(whole, values))) // math.prod(math.factorial(whole(v)) for v in values)),
    "stirlingS2": of_whole(lambda n, k: sympy.functions.combinatorial.numbers.stirling(n, k)),
    "bitAnd": of_whole(lambda a, b: a & b), "bitOr": of_whole(lambda a, b: a | b), "bitXor": of_whole(lambda a, b: a ^ b),
    "leftShift": of_whole(lambda a, b: a << b), "rightArithShift": of_whole(lambda a, b: a >> b), "bitNot": of_whole(lambda a: ~a),
    "equal": compare(lambda a, b: a == b), "unequal": compare(lambda a, b: a != b),
    "smaller": compare(lambda a, b: a < b), "larger": compare(lambda a, b: a > b),
    "smallerEq": compare(lambda a, b: a <= b), "largerEq": compare(lambda a, b: a >= b),
    "list": lambda *values: list(values), "sum": lambda values: sum(all_fractions(values), Fraction(0)),
    "prod": lambda values: math.prod(all_fractions(values), start=Fraction(1)),
    "min": lambda values: min(all_fractions(values)), "max": lambda values: max(all_fractions(values)), "mean": mean,
    "median": lambda values: quantile(values, Fraction(1, 2)), "variance": variance, "std": lambda values: square_root(variance(values)),
    "varianceUncorrected": lambda values: variance(values, 0), "quantileSeq": quantile, "mode": mode,
    "mad": deviations, "corr": correlation, "cumsum": cumulative, "diff": lambda values: [b - a for a, b in zip(values, values[1:])],
    "dot": lambda a, b: sum((x * y for x, y in zip(a, b)), Fraction(0)), "cross": cross, "kron": kronecker,
    "norm": lambda values: square_root(sum((value * value for value in values), Fraction(0))),
    "count": lambda values: Fraction(len(values)), "square": lambda a: multiply(a, a), "cube": lambda a: power(a, Fraction(3)),
    "sort": lambda values: sorted(all_fractions(values)),
    "det": lambda rows: from_sympy(as_sympy(rows).det()), "inv": inverse, "trace": lambda rows: from_sympy(as_sympy(rows).trace()),
    "matrixMultiply": lambda a, b: from_sympy(as_sympy(a) * as_sympy(b)), "transpose": lambda rows: from_sympy(as_sympy(rows).T),
    "matrixPower": lambda rows, n: from_sympy(as_sympy(rows) ** whole(n)),
    "addToDate": add_to_date, "daysBetween": lambda a, b: Fraction((date(a) - date(b)).days),
    "weekday": lambda day: date(day).strftime("%A"), "clockAfter": clock_after, "betweenZones": between_zones,
    "zonedAfter": zoned_after, "hoursBetween": hours_between, "addWorkdays": add_workdays, "countWorkdays": count_workdays,
    "addMonthsAndDays": add_months_and_days,
    "hex": lambda a: hex(whole(a)), "bin": lambda a: bin(whole(a)), "oct": lambda a: oct(whole(a)),
}


def evaluate(tree):
    name, *children = tree
    if name == "number":
        return Fraction(children[0])
    value = OPERATIONS[name](*[evaluate(child) if isinstance(child, list) else child for child in children])
    if is_exact(value):
        global beyond_exact
        bits = max(part.bit_length() for f in parts(value) for part in (f.numerator, f.denominator))
        beyond_exact = beyond_exact or bits > EXACT_BITS
    return value


def number(value):
    if isinstance(value, Fraction):
        return {"exact": str(value)}
    return {"digits": mp.nstr(value, 60, min_fixed=1, max_fixed=0, strip_zeros=False)}


def answer(coarse, fine):
    if isinstance(fine, bool):
        return {"truth": fine}
    if isinstance(fine, str):
        return {"text": fine}
    if isinstance(fine, list):
        return {"list": [answer(a, b) for a, b in zip(coarse, fine)]}
    if isinstance(fine, Fraction):
        if coarse != fine:
            raise Skip("ill-conditioned")
        return number(fine)
    if isinstance(fine, Gaussian):
        return {"complex": [number(fine.re), number(fine.im)]}
    if not mp.isfinite(fine):
        raise Undefined("not finite")
    size = abs(fine)
    if abs(coarse - fine) > size * mp.mpf(10) ** -25 or size == 0:
        raise Skip("ill-conditioned")
    re, im = mp.re(fine), mp.im(fine)
    if im == 0:
        return number(re)
    least = size * mp.mpf(10) ** -25
    for part, other in ((re, mp.re(coarse)), (im, mp.im(coarse))):
        # A part that is nothing beside the other one is zero only if it is still so with more digits.
        if abs(part) < least and abs(part) > size * mp.mpf(10) ** -250:
            raise Skip("ill-conditioned")
    nothing = size * mp.mpf(10) ** -250
    if abs(im) <= nothing:
        return number(re)
    return {"complex": [{"exact": "0"} if abs(re) <= nothing else number(re), number(im)]}


def respond(tree):
    try:
        mp.dps = COARSE
        coarse = evaluate(tree)
        mp.dps = FINE
        return answer(coarse, coarse if is_exact(coarse) else evaluate(tree))
    except Undefined as reason:
        return {"undefined": str(reason)}
    except (Skip, ArithmeticError, ValueError, mpmath.libmp.libhyper.NoConvergence, NotImplementedError, TypeError, MemoryError) as reason:
        return {"skip": f"{type(reason).__name__}: {reason}"}


sys.set_int_max_str_digits(0)
for line in sys.stdin:
    question = json.loads(line)
    beyond_exact = False
    answered = respond(question["tree"])
    print(json.dumps({"id": question["id"], "answer": {**answered, "beyondExact": True} if beyond_exact else answered}), flush=True)
