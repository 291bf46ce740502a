import type { Entry } from './entry.ts'
import { HB44, SI, SI_ACCEPTED, SP811, USAGE } from './sources.ts'

export const AREAS: readonly Entry[] = [
  { symbols: 'm2', names: 'sqm', prefixes: 'square', is: '1 m^2', about: 'A square metre.', source: SI },
  { names: 'sqkm', is: '1 km^2', about: 'A square kilometre.', source: SI },
  { names: 'sqcm', is: '1 cm^2', about: 'A square centimetre.', source: SI },
  { names: 'sqmm', is: '1 mm^2', about: 'A square millimetre.', source: SI },
  { symbols: 'ha', words: 'hectare', is: '10000 m^2', about: 'A square of 100 m.', source: SI_ACCEPTED },
  { names: 'decare, decares, dunam, dunams', is: '1000 m^2', about: 'A tenth of a hectare.', source: USAGE },
  {
    symbols: 'ac',
    words: 'acre',
    is: '4840 yd^2',
    about: 'The international acre, 43,560 square feet.',
    source: HB44,
  },
  { words: 'rood', is: '1/4 acre', about: 'A quarter of an acre.', source: HB44 },
  { names: 'sqin, sqinch, sqinches', is: '1 in^2', about: 'A square inch.', source: HB44 },
  { names: 'sqft, sqfeet, sqfoot', is: '1 ft^2', about: 'A square foot.', source: HB44 },
  { names: 'sqyd, sqyard, sqyards', is: '1 yd^2', about: 'A square yard.', source: HB44 },
  { names: 'sqmi, sqmile, sqmiles', is: '1 mi^2', about: 'A square mile, 640 acres.', source: HB44 },
  { names: 'sqrd, sqrod, sqrods', is: '1 rd^2', about: 'A square rod.', source: HB44 },
  { names: 'sqch, sqchain, sqchains', is: '1 ch^2', about: "A square surveyor's chain.", source: HB44 },
  { names: 'sqmil, sqmils', is: '1 mil^2', about: 'A square thousandth of an inch.', source: SP811 },
  {
    names: 'cmil, circularmil, circularmils',
    is: 'pi/4 mil^2',
    about: 'A circle whose diameter is a thousandth of an inch, for wires.',
    source: SP811,
  },
  {
    words: 'barn',
    prefixes: 'si',
    is: '1e-28 m^2',
    about: 'The cross section of atomic nuclei.',
    source: SP811,
  },
]
