/** Ways to write things in the calculator, with examples. A test compares each with its result. */
export interface Writing {
  readonly what: string
  readonly examples: readonly WritingExample[]
}

export interface WritingExample {
  /** Lines of a sheet, one after the other; the value is that of the last. */
  readonly lines: readonly string[]
  readonly text: string
}

export interface WritingTopic {
  readonly heading: string
  readonly writings: readonly Writing[]
}

/** Pairs of an expression and the text of its value. */
const pairs = (...all: string[]): WritingExample[] =>
  Array.from({ length: all.length / 2 }, (_, i) => ({
    lines: [all[2 * i] ?? ''],
    text: all[2 * i + 1] ?? '',
  }))

const lines = (...all: string[]): WritingExample => ({ lines: all.slice(0, -1), text: all.at(-1) ?? '' })

export const WRITINGS: readonly WritingTopic[] = [
  {
    heading: 'Arithmetic',
    writings: [
      {
        what: 'Decimals and fractions are exact, and whole numbers keep all their digits.',
        examples: pairs('0.1 + 0.2', '0.3', '1/3 * 3', '1', '2^100', '1267650600228229401496703205376'),
      },
      {
        what: 'The usual operators: * × · multiply, / ÷ divide, ^ ** and superscripts raise to powers, √ ∛ take roots, and |x| is the absolute value.',
        examples: pairs('√16 × 2²', '16', '3 x 4', '12', '2 ** 3 ** 2', '512', '|3 - 8|', '5'),
      },
      {
        what: 'Operators in words: plus, minus, times, divided by, squared, half of, twice, to the power of, choose, mod.',
        examples: pairs('5 times 6', '30', 'a third of 9', '3', 'square root of 16', '4', '5 choose 2', '10'),
      },
      {
        what: 'A remainder has the sign of the divisor, and div rounds down. With a space before and after it, % is the remainder and not a percentage.',
        examples: pairs('-7 mod 3', '2', '17 div 5', '3', '3^170 % 10', '9'),
      },
      {
        what: 'Functions need no parentheses where it is clear what they apply to.',
        examples: pairs('sqrt 9 + 7', '10', 'sin 30°', '0.5', 'log2 8', '3', 'log_3 81', '4'),
      },
      {
        what: 'A double factorial multiplies every second number; (5!)! is the factorial of a factorial.',
        examples: pairs('5!!', '15', '6!!', '48'),
      },
      {
        what: 'Factorials, comparisons, and a choice between two values.',
        examples: pairs(
          '5!',
          '120',
          '3 km > 2 miles',
          'false',
          '2 > 1 ? 10 : 20',
          '10',
          'if(2 > 1, 10, 20)',
          '10',
        ),
      },
      {
        what: 'Questions that are answered with true or false.',
        examples: pairs(
          'is 97 prime?',
          'true',
          '2028 is a leap year',
          'true',
          '5 km is more than 3 miles',
          'true',
        ),
      },
    ],
  },
  {
    heading: 'Ways to write numbers',
    writings: [
      {
        what: 'With the usual separators; a comma between parentheses separates arguments.',
        examples: pairs(
          '1,200.50',
          '1200.5',
          '1_000_000',
          '1000000',
          '12,34,567',
          '1234567',
          'max(1, 200)',
          '200',
        ),
      },
      {
        what: 'With words, and with fractions after a whole number.',
        examples: pairs('1 million', '1000000', '3 dozen', '36', '2k + 3k', '5000', '1½ + 1/4', '1.75'),
      },
      {
        what: 'In bases 16, 8 and 2, and in scientific notation.',
        examples: pairs('0xff + 0b101', '260', '1.5e3', '1500'),
      },
    ],
  },
  {
    heading: 'Percentages',
    writings: [
      {
        what: 'After + and -, a percentage is of the value before it.',
        examples: pairs('200 + 10%', '220', '80 - 25%', '60', '€50 + 19%', '59.5 EUR'),
      },
      {
        what: 'In words.',
        examples: pairs(
          '10% of 50',
          '5',
          '25% off 80',
          '60',
          '20 as % of 80',
          '25%',
          '50 is 25% of what',
          '200',
          '1/8 in %',
          '12.5%',
        ),
      },
      {
        what: 'A number changed by a percentage, the change between two numbers, and a bill that is shared.',
        examples: pairs(
          'increase 50 by 10%',
          '55',
          '80 reduced by 25%',
          '60',
          'percent change from 50 to 75',
          '50%',
          '80 with 25% off',
          '60',
          '$42 + 15% tip split 3 ways',
          '16.1 USD',
        ),
      },
      {
        what: 'A name can stand for a percentage.',
        examples: [lines('tax = 8%', '50 + tax', '54')],
      },
    ],
  },
  {
    heading: 'Values with units',
    writings: [
      {
        what: 'Write the unit after its number; `to`, `in` and `as` convert.',
        examples: pairs(
          '5 inch to cm',
          '12.7 cm',
          '60 mph to km/h',
          '96.56064 km / h',
          '20 °C in °F',
          '68 °F',
        ),
      },
      {
        what: 'Units are multiplied and divided along with their numbers.',
        examples: pairs(
          '0.42 m^2 * 2.14 m',
          '0.8988 m^3',
          '400 km/h / 100 km/h',
          '4',
          '5 kg * 2 m/s^2',
          '10 N',
          '10 ft by 12 ft',
          '120 ft^2',
        ),
      },
      {
        what: 'An amount at a rate, written `at` or @, and a rate `for` an amount.',
        examples: pairs(
          '38 h at $12/h',
          '456 USD',
          '100 km at 50 km/h',
          '2 h',
          '60 km/h for 20 min',
          '20 km',
          '3 @ $2.50 + 10%',
          '8.25 USD',
        ),
      },
      {
        what: 'In several units at once.',
        examples: pairs(
          '5 ft 3 in to cm',
          '160.02 cm',
          '170 cm to ft in',
          '5 ft 6.9291338582677 in',
          '200 min to h min',
          '3 h 20 min',
          '5 ft 3 in * 2',
          '10 ft 6 in',
        ),
      },
      {
        what: 'Money can be calculated with, but not converted: there are no exchange rates here.',
        examples: pairs('$50 + $12.50', '62.5 USD', '$100 / 8 h', '12.5 USD / h'),
      },
    ],
  },
  {
    heading: 'Dates and times',
    writings: [
      {
        what: 'Lengths of time are added by the calendar.',
        examples: pairs('2026-01-31 + 1 month', '2026-02-28', '2026-11-28 + 10 workdays', '2026-12-11'),
      },
      {
        what: 'Subtracting dates or times gives the length of time between them; times of day wrap around at midnight.',
        examples: pairs(
          '2026-12-24 - 2026-11-28',
          '26 days',
          '23:50 + 20 min',
          '00:10',
          '17:00 - 9:30 to h',
          '7.5 h',
          '2026-11-28 - 1990-05-17 to years months days',
          '36 years 6 months 11 days',
        ),
      },
      {
        what: 'Days or workdays between two dates (both dates count if they are workdays); noon and midnight.',
        examples: pairs(
          'days between 2026-11-28 and 2026-12-24',
          '26 days',
          'workdays between 2026-11-28 and 2026-12-24',
          '19',
          'noon + 90 min',
          '13:30',
        ),
      },
      {
        what: 'Days and times in words, ISO 8601 week dates, and the length of a month or year.',
        examples: pairs(
          'first Monday of January 2027',
          '2027-01-04',
          'last day of February 2024',
          '2024-02-29',
          'quarter to 9 pm',
          '20:45',
          '2026-W53-5',
          '2027-01-01',
          'days in February 2024',
          '29 days',
        ),
      },
      {
        what: 'Times of day and lengths of time, as a clock shows them; `to` goes on to the next day if necessary.',
        examples: pairs(
          '22:00 to 06:30',
          '8 h 30 min',
          '3:20 h in min',
          '200 min',
          '5:30/km * 10 km',
          '55 min',
          '$20/h * 7:30',
          '150 USD',
        ),
      },
      {
        what: 'Parts of a date, and the time in other places.',
        examples: pairs(
          '2026-11-28 to weekday',
          'Saturday',
          '2026-11-28 to week',
          '48',
          '2026-11-28 9:35 in New York to Tokyo',
          '2026-11-28 23:35 in Tokyo',
        ),
      },
    ],
  },
  {
    heading: 'Ways to show a value',
    writings: [
      {
        what: 'In another base, as a fraction or a mixed one, to some decimal places or significant digits, in scientific notation.',
        examples: pairs(
          '255 in hex',
          '0xff',
          '255 to binary',
          '0b11111111',
          '0.375 as fraction',
          '3/8',
          '7/3 as mixed fraction',
          '2 1/3',
          '2/3 to 3 dp',
          '0.667',
          '1234567 to sci',
          '1.234567e+6',
        ),
      },
      {
        what: 'With a power of 10 in steps of 3, as a Roman numeral, in hours, minutes and seconds, or in degrees, arc minutes and arc seconds.',
        examples: pairs(
          '12345 to eng',
          '12.345e+3',
          '2026 to roman',
          'MMXXVI',
          'MMXXVI to decimal',
          '2026',
          '3.7 h to hms',
          '3 h 42 min 0 s',
          '30.25° to dms',
          '30 deg 15 arcmin 0 arcsec',
        ),
      },
      {
        what: 'Rounded to decimal places, to the nearest multiple, up or down. Calculations go on with the rounded value.',
        examples: pairs(
          'round 1234.567 to 1 dp',
          '1234.6',
          '18 rounded to the nearest 5',
          '20',
          '3.2 rounded up',
          '4',
        ),
      },
    ],
  },
  {
    heading: 'Complex numbers, matrices and ranges',
    writings: [
      { what: 'i is the imaginary unit.', examples: pairs('(1 + 4i)^6', '-495 + 4888i', 'sqrt(-4)', '2i') },
      {
        what: 'Commas separate cells, semicolons separate rows; cells are counted from 1.',
        examples: [
          ...pairs('[1, 2; 3, 4] * 2', '[[2, 4], [6, 8]]', '1:5', '[1, 2, 3, 4, 5]'),
          lines('m = [1, 2; 3, 4]', 'm[2, 1]', '3'),
        ],
      },
      {
        what: 'A dot before an operator applies it cell by cell.',
        examples: pairs('[1, 2, 3] .^ 2', '[1, 4, 9]'),
      },
    ],
  },
  {
    heading: 'On a sheet',
    writings: [
      {
        what: 'Names and functions defined on a line can be used in the lines below; ans, or prev, is the previous value.',
        examples: [
          lines('x = 5', 'x + 1', '6'),
          lines('f(n) = n^2 + 1', 'f(4)', '17'),
          lines('6 * 7', 'ans / 2', '21'),
        ],
      },
      {
        what: 'A label before a colon, a comment after //, a heading after #.',
        examples: pairs('Rent: 3 * 400', '1200', '1 + 1 // two', '2', '# Budget', ''),
      },
    ],
  },
]
