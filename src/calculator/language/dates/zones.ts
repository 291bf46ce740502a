/**
 * Time zones by the words that people use for them: a city, a country with one time, a zone's id, an abbreviation that
 * means one thing, or an offset from UTC. The rules are those that Node brings with it; the cities are those of
 * @vvo/tzdb, which follows the IANA database and GeoNames.
 */
import places from '@vvo/tzdb/raw-time-zones.json' with { type: 'json' }

/** Abbreviations that mean the same everywhere. `IST` is Indian, Irish and Israeli, `CST` is also China's. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  utc: 'UTC',
  gmt: 'UTC',
  z: 'UTC',
  est: '-05:00',
  edt: '-04:00',
  cdt: '-05:00',
  mst: '-07:00',
  mdt: '-06:00',
  pst: '-08:00',
  pdt: '-07:00',
  wet: '+00:00',
  west: '+01:00',
  cet: '+01:00',
  cest: '+02:00',
  eet: '+02:00',
  eest: '+03:00',
  msk: '+03:00',
  jst: '+09:00',
  kst: '+09:00',
  aest: '+10:00',
  aedt: '+11:00',
  nzst: '+12:00',
  nzdt: '+13:00',
}

/** Large cities and short names that the list of places lacks. */
const MORE: Readonly<Record<string, string>> = {
  'new york city': 'America/New_York',
  nyc: 'America/New_York',
  boston: 'America/New_York',
  washington: 'America/New_York',
  'washington dc': 'America/New_York',
  miami: 'America/New_York',
  atlanta: 'America/New_York',
  houston: 'America/Chicago',
  dallas: 'America/Chicago',
  austin: 'America/Chicago',
  seattle: 'America/Los_Angeles',
  'las vegas': 'America/Los_Angeles',
  uk: 'Europe/London',
  england: 'Europe/London',
  scotland: 'Europe/London',
  edinburgh: 'Europe/London',
  manchester: 'Europe/London',
  geneva: 'Europe/Zurich',
  basel: 'Europe/Zurich',
  cologne: 'Europe/Berlin',
  frankfurt: 'Europe/Berlin',
  lyon: 'Europe/Paris',
  'new delhi': 'Asia/Kolkata',
  bengaluru: 'Asia/Kolkata',
  bangalore: 'Asia/Kolkata',
  chennai: 'Asia/Kolkata',
  'tel aviv': 'Asia/Jerusalem',
  'abu dhabi': 'Asia/Dubai',
  canberra: 'Australia/Sydney',
}

const OFFSET = /^(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?$/
const LONGEST = 60

let known: Map<string, string> | undefined

/**
 * Returns the id of the zone that these words name, or undefined; it never guesses between two.
 *
 * @param words as typed; case, accents, underscores and what stands between words do not matter
 */
export function findZone(words: string): string | undefined {
  if (words.length > LONGEST) return undefined
  const key = fold(words)
  const offset = OFFSET.exec(key.replace('−', '-'))
  if (offset) return offsetOf(offset)
  const abbreviation = Object.hasOwn(ABBREVIATIONS, key) ? ABBREVIATIONS[key] : undefined
  if (abbreviation !== undefined) return abbreviation
  known ??= index()
  return known.get(key)
}

function offsetOf([, sign, hours = '', minutes = '00']: RegExpExecArray): string | undefined {
  if (Number(hours) * 60 + Number(minutes) > 18 * 60) return undefined
  return `${sign}${hours.padStart(2, '0')}:${minutes}`
}

/** Returns the name of a zone for a person, which `findZone` understands: `New York`, `UTC+05:30`. */
export function nameOfZone(id: string): string {
  if (/^[+-]/.test(id)) return `UTC${id}`
  const name = cityOf(id)
  return findZone(name) === id ? name : id
}

const cityOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1).replaceAll('_', ' ')

const fold = (words: string): string =>
  words
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[\s_]+/g, ' ')
    .replace(/[’']/g, '')
    .trim()
    .toLowerCase()

/** The city after which a zone is called goes before one that is only in it; a country or city with two zones is none. */
function index(): Map<string, string> {
  const ids = new Map<string, string>()
  const cities = new Map<string, Set<string>>()
  const add = (name: string, zone: string) => {
    const zones = cities.get(fold(name)) ?? new Set()
    cities.set(fold(name), zones.add(zone))
  }
  const called = new Map<string, Set<string>>()
  for (const id of places.flatMap(({ group }) => group)) {
    ids.set(fold(id), id)
    const city = fold(cityOf(id))
    called.set(city, (called.get(city) ?? new Set()).add(id))
  }
  for (const { name, mainCities, countryName } of places) {
    for (const city of mainCities) add(city, name)
    add(countryName, name)
  }
  const found = new Map<string, string>()
  for (const names of [cities, called])
    for (const [name, zones] of names) {
      const [zone, other] = zones
      if (zone !== undefined && other === undefined) found.set(name, zone)
    }
  for (const [name, id] of [...Object.entries(MORE), ...ids]) found.set(name, id)
  return found
}
