import type { Entry } from './entry.ts'
import { ISO_80000, SI, SP811, USAGE } from './sources.ts'

export const CHEMISTRY: readonly Entry[] = [
  {
    symbols: 'mol',
    words: 'mole',
    prefixes: 'si',
    is: { base: 'amount' },
    about: 'The SI unit of amount of substance, 6.02214076e23 particles.',
    source: SI,
  },
  {
    names: 'lbmol',
    is: '453.59237 mol',
    about: 'As many particles as there are daltons in a pound.',
    source: USAGE,
  },
  {
    symbols: 'M',
    words: 'molar',
    plurals: 'molar',
    prefixes: 'small',
    is: '1 mol / l',
    opens: true,
    about: 'Moles per litre.',
    source: SP811,
  },
  {
    words: 'molal',
    plurals: 'molal',
    is: '1 mol / kg',
    about: 'Moles per kilogram of solvent.',
    source: USAGE,
  },
  {
    symbols: 'kat',
    words: 'katal',
    prefixes: 'si',
    is: '1 mol / s',
    about: 'The SI unit of catalytic activity.',
    source: SI,
  },
]

export const SHARES: readonly Entry[] = [
  { names: 'ppm', is: '1e-6', share: true, about: 'Parts per million.', source: SP811 },
  { names: 'ppb', is: '1e-9', share: true, about: 'Parts per billion, 10^9.', source: SP811 },
  { names: 'ppt', is: '1e-12', share: true, about: 'Parts per trillion, 10^12.', source: SP811 },
  {
    symbols: '‰',
    words: 'permille, per mille',
    is: '0.001',
    share: true,
    about: 'Parts per thousand.',
    source: ISO_80000,
  },
  {
    names: 'bp, basis point, basis points',
    is: '0.0001',
    share: true,
    about: 'A hundredth of a percent.',
    source: USAGE,
  },
]
