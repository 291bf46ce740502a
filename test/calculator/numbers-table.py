#!/usr/bin/env python3
"""Writes numbers-table.json: values of functions to 60 digits, by mpmath (python3-mpmath), at ordinary places and at
edges. Run it as `python3 numbers-table.py > numbers-table.json` when a function or a place is added."""

import json
import sys

import mpmath as m


def number(text):
    if isinstance(text, list):
        return m.mpc(number(text[0]), number(text[1]))
    if text.endswith("pi"):
        return number(text[:-2] or "1") * m.pi
    n, _, d = text.partition("/")
    return m.mpf(n) / m.mpf(d or "1")


def written(value):
    value = m.mpc(value)
    # What 400 digits leave where the value is 0
    tiny = abs(value) * m.mpf(10) ** -300
    parts = ["0" if abs(part) <= tiny else m.nstr(part, 60) for part in (value.real, value.imag)]
    return parts[0] if parts[1] == "0" else parts


COMPLEX = [["1", "1"], ["-2", "0.5"], ["0.3", "-4"], ["0", "2"], ["0", "-0.5"], ["-1e-20", "1e-30"], ["3", "1e-40"]]
ANGLES = ["1", "-0.5", "1e-50", "1e50", "22", "355/226", "1.5707963267948966192313216916397514420985846996875529", "0.125pi", "-7/5pi", "1e-300"]
ROOM = ["1/3", "-0.25", "2", "1e-40", "-1e-200", "0.999999999999999999999999999999", "-1.000000000001", "17", "-3.5", "1e30"]

PLACES = {
    "sqrt": ["2", "1/7", "1e-301", "1e301", "-3", "123456789", "0.1", "1.0000000000000000000000000000001", "-1/2", "99/101"],
    "cbrt": ["2", "-2", "1/7", "1e-200", "1e200", "10", "-0.1", "26", "1.00000000000000000001", "100"],
    "exp": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-100", "20000", "1/7", "-1000000"],
    "expm1": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-100", "20000", "1e-10", "-1e-300"],
    "ln": ["2", "10", "1/3", "1.0000000000000000000000000000000000000000000000000000000000000000000001", "0.99999999999999999999999999999999", "1e-300", "1e300", "-5", "-1e-50", "3.14159"],
    "log1p": ["1", "1e-70", "-1e-70", "-0.999999999999999999999999999", "1e30", "0.5", "-0.5", "-3", "1e-300", "2/3"],
    "log2": ["3", "10", "1/3", "1.000000000000000000000000001", "1e-300", "1e300", "-5", "0.7", "7", "1e-50"],
    "log10": ["3", "2", "1/3", "1.000000000000000000000000001", "99", "7e300", "-5", "0.7", "7", "3e-50"],
    "sin": ANGLES, "cos": ANGLES, "tan": ANGLES, "cot": ANGLES, "sec": ANGLES, "csc": ANGLES,
    "asin": ["1/3", "-0.25", "0.999999999999999999999999999999", "-0.99999999999999999999", "1e-60", "-1e-200", "0.7071", "2", "-2", "1.000000000001"],
    "acos": ["1/3", "-0.25", "0.999999999999999999999999999999", "-0.99999999999999999999", "1e-60", "-1e-200", "0.7071", "2", "-2", "1.000000000001"],
    "atan": ROOM, "acot": ROOM, "asec": ROOM, "acsc": ROOM,
    "sinh": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-100", "20000", "0.001", "5"],
    "cosh": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-20", "20000", "0.001", "5"],
    "tanh": ["1/3", "-1", "10", "-100", "1e-60", "50.5", "-1e-100", "0.5", "0.001", "5"],
    "coth": ["1/3", "-1", "10", "-100", "1e-60", "50.5", "-1e-100", "0.5", "0.001", "5"],
    "sech": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-100", "20000", "0.001", "5"],
    "csch": ["1/3", "-1", "10", "-1000", "1e-60", "700.5", "-1e-100", "20000", "0.001", "5"],
    "asinh": ROOM, "acosh": ROOM + ["1.000000000001", "0.197", "1.00000000000000000000000000000000000000001"], "atanh": ROOM, "acoth": ROOM, "asech": ROOM, "acsch": ROOM,
    "gamma": ["3.3", "1/2", "-0.5", "-2.5", "1e-30", "1.0000000000000000001", "170.5", "-100.25", "1/3", "1000.1", "-1.000000000000000000000000000001"],
    "lgamma": ["0.771", "1/2", "3.3", "1.00000000000000000000000000000000000000001", "1.99999999999999999999999", "1e15", "1e100", "-2.5", "-0.001", "1e-50"],
    "factorial": ["2.3", "-0.5", "0.5", "1/3", "-1.5", "20.25", "-2.999999", "1e-40", "99.9", "1000.5"],
    "erf": ["0.5", "-1", "2", "1e-60", "6", "-10", "1/3", "3.3", "-1e-200", "0.001"],
    "erfc": ["0.5", "-1", "2", "1e-60", "6", "-10", "27.5", "19", "1000", "0.001"],
    "zeta": ["3", "1/2", "-0.5", "1.0000000000000001", "0.99999999999", "100.5", "-19.5", "5", "1e-30", "30"],
}
REFERENCES = {
    "ln": m.log, "lgamma": lambda z: m.loggamma(z) if m.im(z) != 0 else m.re(m.loggamma(z)), "log1p": lambda z: m.log(1 + z),
    "log2": lambda z: m.log(z) / m.log(2), "log10": lambda z: m.log(z) / m.log(10),
    "cbrt": lambda z: -m.cbrt(-z) if m.im(z) == 0 and m.re(z) < 0 else m.cbrt(z),
}
REAL = {"erf", "erfc", "zeta", "factorial", "cbrt"}

m.mp.dps = 400
rows = []
for name, places in PLACES.items():
    reference = REFERENCES.get(name) or getattr(m, name)
    for place in places + ([] if name in REAL else COMPLEX):
        rows.append([name, place, written(reference(number(place)))])

print('{ "source": "mpmath %s at 400 digits, by numbers-table.py; the values are rounded to 60",' % m.__version__)
print('  "values": [')
print(",\n".join("    " + json.dumps(row) for row in rows))
print("  ]\n}")
print(len(rows), "values", file=sys.stderr)
