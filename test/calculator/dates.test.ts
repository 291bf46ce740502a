import t, { type Test } from 'tap'
import { evaluate } from './sheet.ts'

const never = () => 0

function text(expression: string): string {
  const answer = evaluate(expression, {}, never)
  return 'error' in answer ? `${answer.error.code}: ${answer.error.message}` : answer.text
}

function all(t: Test, expected: Record<string, string | RegExp>): void {
  for (const [expression, wanted] of Object.entries(expected))
    if (typeof wanted === 'string') t.equal(text(expression), wanted, expression)
    else t.match(text(expression), wanted, expression)
}

t.test('dates and times are values', async (t) => {
  all(t, {
    '2024-01-15': '2024-01-15',
    '12:30': '12:30',
    '3pm': '15:00',
    '2026-11-28 9:05': '2026-11-28 09:05',
    '2026-11-28 9:35 in New York': '2026-11-28 09:35 in New York',
    '9:05:30': '09:05:30',
    '2026-02-30': /^\w+: .*2026-02-30/,
    'date(2026, 2, 30)': 'evaluation: There is no day 30 in month 2 of 2026.',
  })
})

// Python's datetime, and dateutil's relativedelta for months
t.test('spans are added to dates by the calendar', async (t) => {
  all(t, {
    '2026-01-31 + 1 month': '2026-02-28',
    '2028-01-31 + 1 month': '2028-02-29',
    '2026-03-31 - 1 month': '2026-02-28',
    '2026-11-28 + 3 weeks': '2026-12-19',
    '2026-03-01 - 1 day': '2026-02-28',
    '2028-03-01 - 1 day': '2028-02-29',
    '2024-02-29 + 1 year': '2025-02-28',
    '2024-02-29 + 4 years': '2028-02-29',
    '2026-11-28 + 1 decade': '2036-11-28',
    '2026-11-28 + 1.5 years': '2028-05-28',
    '2026-11-28 + 2 fortnights': '2026-12-26',
    '2026-12-31 + 1 d': '2027-01-01',
    '3 weeks + 2026-11-28': '2026-12-19',
    '2026-11-28 + 36 hours': '2026-11-29 12:00',
    '2026-11-28 + 0.5 days': '2026-11-28 12:00',
    '2026-11-28 - 90 min': '2026-11-27 22:30',
    '2026-11-28 22:00 + 3 h': '2026-11-29 01:00',
    '2026-01-31 10:00 + 1 month': '2026-02-28 10:00',
    '1900-02-28 + 1 day': '1900-03-01',
    '2000-02-28 + 1 day': '2000-02-29',
    '2026-11-28 + 1.5 months': /^evaluation: Months differ in length/,
    '2026-11-28 + 3': /^evaluation: /,
    '2026-11-28 + 3 m': /^evaluation: /,
    '2026-11-28 * 2': /^evaluation: /,
    '2026-11-28 + 2026-11-29': /^evaluation: /,
    '2026-11-28 + 10000 years': /^limit: A date must be between the years/,
    '2026-11-28 + 1e30 years': /^limit: /,
    '2026-11-28 - 1e30 s': /^limit: /,
    '2026-11-28 + 1e400 h': /^limit: /,
    '2026-11-28 + i days': /^evaluation: /,
  })
})

t.test('times of day wrap around at midnight', async (t) => {
  all(t, {
    '12:30 + 45 min': '13:15',
    '23:50 + 20 min': '00:10',
    '0:10 - 20 min': '23:50',
    '3pm + 2 hours': '17:00',
    '9am - 30 min': '08:30',
    '12:00 + 90 s': '12:01:30',
    '12:00 + 1.5 s': '12:00:01.5',
    '12:00 + 25 h': '13:00',
    '12:00 + 1 day': /^evaluation: A time of day has no date/,
    '12:00 + 1 month': /^evaluation: A time of day has no date/,
  })
})

t.test('the difference of two dates or times is a length of time', async (t) => {
  all(t, {
    '2026-12-24 - 2026-11-28': '26 days',
    '2026-11-28 - 2026-12-24': '-26 days',
    '2026-11-29 - 2026-11-28': '1 day',
    '2026-11-28 - 2026-11-28': '0 days',
    '2028-03-01 - 2028-02-01': '29 days',
    '2026-12-24 - 2026-11-28 to weeks': '3.7142857142857 weeks',
    '2026-11-28 - 1990-05-17 to years': '36.534246575342 years',
    '17:00 - 9:30 to h': '7.5 h',
    '17:00 - 9:30': '7 h 30 min',
    '17:00 - 9:00': '8 h',
    '5pm - 9am': '8 h',
    '9:30 - 9:10': '20 min',
    '9:30 - 17:00': '-7 h 30 min',
    '9:30:15 - 9:30': '15 s',
    '(17:00 - 9:30) * 2': '15 h',
    '2026-11-29 12:00 - 2026-11-28 9:00': '1 day 3 h',
    '2026-11-28 12:00 - 2026-11-28': '12 h',
    '2026-11-28 - 9:30': /^evaluation: One of these has a date/,
    '(2026-11-28 9:35 in Tokyo) - (2026-11-28 9:35 in London)': '-9 h',
    // Clocks are put back in between: 25 hours pass.
    '(2026-10-25 12:00 in Berlin) - (2026-10-24 12:00 in Berlin)': '1 day 1 h',
    '2026-10-24 12:00 in Berlin + 1 day': '2026-10-25 12:00 in Berlin',
    '2026-10-24 12:00 in Berlin + 24 h': '2026-10-25 11:00 in Berlin',
  })
})

// Workdays and ages as LibreOffice's WORKDAY, NETWORKDAYS and DATEDIF give them
t.test('knows weekdays, weeks, working days and ages', async (t) => {
  all(t, {
    '2026-11-28 to weekday': 'Saturday',
    '1969-07-20 to weekday': 'Sunday',
    '2000-01-01 to weekday': 'Saturday',
    'weekday(2026-11-30)': 'Monday',
    '2026-11-28 to week': '48',
    '2027-01-01 to week': '53',
    '2024-12-30 to week': '1',
    '2026-11-28 to year': '2026',
    '2026-11-28 to month': '11',
    '2026-11-28 9:30 to time': '09:30',
    '2026-11-28 9:30 to date': '2026-11-28',
    '9:30 to weekday': /^evaluation: A time of day has no date/,
    'workdays(2026-11-28, 2026-12-24)': '19',
    'workdays(2026-11-23, 2026-11-27)': '5',
    'workdays(2026-11-27, 2026-11-23)': '-5',
    'workdays(2026-11-28, 2026-11-29)': '0',
    'age(1990-05-17, 2026-11-28)': '36 years',
    'age(1990-11-29, 2026-11-28)': '35 years',
    'age(2004-02-29, 2025-02-28)': '20 years',
    'age(2025-11-28, 2026-11-28)': '1 year',
    'age(2026-11-28, 1990-05-17)': /^evaluation: /,
    'isLeapYear(1900)': 'false',
    'isLeapYear(2000)': 'true',
    'isLeapYear(2028-05-01)': 'true',
  })
})

t.test('adds working days', async (t) => {
  all(t, {
    '2026-11-28 + 10 workdays': '2026-12-11',
    '2026-11-27 + 1 workday': '2026-11-30',
    '2026-11-30 - 1 workday': '2026-11-27',
    '2026-11-29 - 5 workdays': '2026-11-23',
    '2026-11-25 + 3 working days': '2026-11-30',
    '2026-11-25 + 0.5 workdays': /^evaluation: Only whole working days/,
    '5 workdays to days': /^evaluation: /,
  })
})

t.test('dates are compared, sorted and averaged', async (t) => {
  all(t, {
    '2026-11-28 < 2026-12-24': 'true',
    '2026-11-28 == 2026-11-28': 'true',
    '9:30 > 17:00': 'false',
    '2026-11-28 9:35 in Tokyo < 2026-11-28 9:35 in London': 'true',
    '2026-11-28 < 3': /^evaluation: /,
    'max(2026-11-28, 2026-12-24)': '2026-12-24',
    'min(09:30, 17:00)': '09:30',
    'sort([2026-12-24, 2026-11-28])': '[2026-11-28, 2026-12-24]',
    'mean(2026-11-28, 2026-12-24)': '2026-12-11',
    'sum(2026-11-28, 2026-12-24)': /^evaluation: /,
  })
})

// The IANA database: New York is at -5 h in November and -4 h in July, Tokyo at +9 h.
t.test('converts between time zones on a date', async (t) => {
  all(t, {
    '2026-11-28 9:35 in New York to Tokyo': '2026-11-28 23:35 in Tokyo',
    '2026-07-01 9:35 in New York to Tokyo': '2026-07-01 22:35 in Tokyo',
    '2026-11-28 9:35 in Kolkata to UTC': '2026-11-28 04:05 in UTC',
    '9:35 in New York to Tokyo': /^evaluation: .*date/i,
    '2026-11-28 9:35 to Tokyo': /^evaluation: /,
    '2026-03-08 2:30 in New York': /^evaluation: There is no 02:30 .* clocks go forward/,
    '2026-11-01 1:30 in New York': /^evaluation: It is 01:30 twice/,
  })
})

t.test('asks for a date when it cannot know the day', async (t) => {
  for (const name of ['today', 'now', 'tomorrow', 'yesterday'])
    t.match(text(`${name} + 1 day`), /^\w+: .*date/i, name)
})

t.test('a sheet counts from its day, and shorter lengths from its time', async (t) => {
  const names = { today: '{"date":"2026-11-28"}', now: '{"dateTime":"2026-11-28T14:30"}' }
  const expected = {
    '3 days ago': '2026-11-25',
    '2 hours ago': '2026-11-28 12:30',
    'an hour ago': '2026-11-28 13:30',
    '1 day 3 hours ago': '2026-11-27 11:30',
    'in 3 days': '2026-12-01',
    'in 90 min': '2026-11-28 16:00',
    'time until 17:00': '2 h 30 min',
    'today at 3pm': '2026-11-28 15:00',
    'today 15:00': '2026-11-28 15:00',
    'noon today': '2026-11-28 12:00',
    'tomorrow at 9:30': '2026-11-29 09:30',
    '9:30 tomorrow + 2 h': '2026-11-29 11:30',
    'half past 3 tomorrow': '2026-11-29 03:30',
    'from 9:30 today to 17:00 today': '7 h 30 min',
    'now to time - 9:30': '5 h',
  }
  for (const [expression, wanted] of Object.entries(expected)) {
    const answer = evaluate(expression, names, never)
    t.equal('error' in answer ? answer.error.message : answer.text, wanted, expression)
  }
})
