import { type CalculationError, syntax } from '../numbers/index.ts'

/** Functions that other programs have, in small letters, and what to write here instead. */
const FOREIGN: readonly (readonly [names: string, advice: string])[] = [
  ['powmod powermod modpow modexp expmod', 'Write 4349^5249 mod 7031, with numbers of any size.'],
  ['rem remainder fmod imod', 'Write 17 mod 5 for the remainder, which has the sign of the divisor.'],
  ['sind cosd tand', 'Write sin(30°) for an angle in degrees.'],
  [
    'deg rad degrees radians todegrees toradians rad2deg deg2rad',
    'Write pi to deg for an angle in degrees, or 180° to rad for radians.',
  ],
  ['mround', 'Write 13 rounded to the nearest 5.'],
  ['sumsq', 'Write sum([3, 4] .^ 2).'],
  ['sumproduct', 'Write dot([1, 2], [3, 4]).'],
  ['bin2dec hex2dec oct2dec', 'Write 0b101 or 0xff for a number in another base.'],
  ['dec2bin dec2hex dec2oct', 'Write 255 in hex, 255 in binary or 255 in octal.'],
  ['convert', 'Write 5 km to miles.'],
  ['days datedif datediff', 'Write days between 2026-11-28 and 2026-12-24.'],
  ['edate dateadd', 'Write 2026-01-31 + 1 month.'],
  ['eomonth', 'Write last day of February 2024.'],
  ['hour minute second', 'Write 12:30 to h for a time in hours.'],
  ['pmt', 'For the payment of a loan write 200000 * r / (1 - (1 + r)^-360), where r is the rate of a month.'],
  [
    'ipmt ppmt pv fv nper npv irr xirr',
    'Write the formula, such as 1000 * 1.05^10 for an amount with interest.',
  ],
  ['sumif countif averageif vlookup', 'Write the values themselves, as in sum(3, 5).'],
]

const ADVICE: ReadonlyMap<string, string> = new Map(
  FOREIGN.flatMap(([names, advice]) => names.split(' ').map((name) => [name, advice] as const)),
)

/** The error for the call of a function of another program; undefined for any other name. */
export function foreignCall(name: string, position: number): CalculationError | undefined {
  const advice = ADVICE.get(name.toLowerCase())
  return advice === undefined
    ? undefined
    : syntax(`\`${name}(…)\` is not a function here. ${advice}`, position)
}
