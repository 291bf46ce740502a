import { unitsList } from '../../../../src/calculator/numbers/index.ts'
import type { Case } from '../case.ts'
import type { Chance } from '../chance.ts'
import type { GnuUnits } from '../gnu-units.ts'

/** Names by which GNU units calls something else, or defines it otherwise, and why ours is meant. */
const OTHERWISE: readonly (readonly [names: string, reason: string])[] = [
  ['li', 'a Chinese mile to GNU units; a link of a surveyor’s chain here'],
  ['ua', 'the are with the prefix micro; the astronomical unit of the SI brochure’s 8th edition here'],
  ['ac', 'an attolight-speed; an acre here'],
  ['stick sticks', 'two inches; a stick of butter here'],
  ['h', 'Planck’s constant; an hour here, as in the SI brochure'],
  ['rad', 'the dose of radiation; the radian here, as in the SI brochure'],
  [
    'kmh kmph kts PS fc b G',
    'prefixes before other units; km/h, knot, metric horsepower, foot-candle, bit and gauss here',
  ],
  ['centigrade', 'a hundredth of a grade; the temperature here'],
  ['kilo kilos', 'a thousand; a kilogram here'],
  [
    'month months mo mos',
    'a twelfth of the tropical year; of the Julian year here, as astronomers and qalc have it',
  ],
  [
    'yr year years yrs decade decades century centuries',
    'tropical years; Julian years here, as a light year has it',
  ],
  ['millennium millennia millenniums', 'tropical years; Julian years here'],
  ['Da u dalton daltons amu', 'CODATA 2018; CODATA 2022 here'],
  ['pc parsec parsecs', 'au/tan(1″); 648000/π au here, IAU 2015 resolution B2'],
  ['Oe oersted oersteds', 'by the measured μ0; 1000/4π A/m here, NIST SP 811'],
  ['pica picas point points', 'a printer’s point of 1886; 1/72 in here, as every computer has it'],
  ['barleycorn barleycorns span spans', 'of the US survey foot; of the international inch here'],
  ['rpm rps', 'turns count as 2π to GNU units; 60 rpm are 1 Hz here, as everybody has it'],
  ['sr steradian steradians', 'a plain number as the radian is; not convertible to angles here'],
  ['hartree hartrees', 'CODATA 2018; CODATA 2022 here'],
  ['mbps', 'milli to GNU units; megabits a second here, as everybody types it'],
  ['KGS', 'a currency to GNU units; kilograms in capitals here'],
  ['C F', 'coulomb and farad; beside a temperature the degree here'],
  ['gilbert gilberts', 'by the measured μ0; 5/2π A here, NIST SP 811'],
  [
    'pole poles ell ells',
    'of the US survey foot, or the inch of before 1959; of the international foot here',
  ],
  ['firkin firkins', 'nine gallons of the United States; nine imperial gallons here, as brewers have it'],
  ['lunation lunations', 'with fewer digits'],
  ['lustrum lustra lustrums', 'of tropical years; of Julian years here'],
  ['beerbarrel beerbarrels', 'the British one; the American here'],
]
const LEFT_OUT = new Set(OTHERWISE.flatMap(([names]) => names.split(' ')))
const BY_OTHER_KINDS = ['Money', 'Temperature']

/** A kind of case: a conversion between any two units of the catalogue that GNU units knows by the same names. */
export async function conversionsOfCatalogue(gnu: GnuUnits): Promise<(chance: Chance) => Case> {
  const named = unitsList()
    .filter(({ topic, measures }) => !BY_OTHER_KINDS.includes(topic) && measures !== undefined)
    .flatMap(({ name, names, measures }) => [name, ...names].map((one) => ({ name: one, measures })))
    .filter(({ name }) => /^[A-Za-z]+$/.test(name) && !LEFT_OUT.has(name))
  const known = await gnu.knows(named.map(({ name }) => name))
  const groups = [
    ...Map.groupBy(
      named.filter((_, at) => known[at]),
      ({ measures }) => measures,
    ).values(),
  ]
  return (chance) => {
    const group = chance.pick(groups)
    const [from, to] = [chance.pick(group).name, chance.pick(group).name]
    const amount = chance.number(3)
    return {
      kind: 'conversions of the whole catalogue, by GNU units',
      lines: [`${amount} ${from} to ${to}`],
      question: { oracle: 'units', from: `${amount} ${from}`, to },
      suffix: ` ${to}`,
    }
  }
}
