import type { Entry } from './entry.ts'
import { ISO_80000, SI, SI_ACCEPTED, SP811, USAGE } from './sources.ts'

export const ANGLES: readonly Entry[] = [
  {
    symbols: 'rad',
    words: 'radian',
    prefixes: 'si',
    is: { base: 'angle' },
    about: 'The SI unit of angle. Plain numbers are angles in radians.',
    source: SI,
  },
  {
    symbols: 'deg',
    words: 'degree',
    names: 'degs',
    signs: '°',
    is: 'pi/180 rad',
    about: 'A 360th of a turn.',
    source: SI_ACCEPTED,
  },
  {
    symbols: 'arcmin',
    words: 'arcminute, minute of arc',
    plurals: 'arcminutes, minutes of arc',
    is: '1/60 deg',
    about: 'A sixtieth of a degree.',
    source: SI_ACCEPTED,
  },
  {
    symbols: 'arcsec',
    words: 'arcsecond, second of arc',
    plurals: 'arcseconds, seconds of arc',
    prefixes: 'si',
    is: '1/60 arcmin',
    about: 'A sixtieth of a minute of arc.',
    source: SI_ACCEPTED,
  },
  { names: 'mas', is: '0.001 arcsec', about: 'A thousandth of a second of arc.', source: USAGE },
  {
    symbols: 'grad',
    words: 'gradian, gon',
    is: 'pi/200 rad',
    about: 'A hundredth of a right angle.',
    source: SP811,
  },
  {
    symbols: 'turn',
    words: 'revolution, cycle',
    names: 'turns, rev, revs',
    is: '2 pi rad',
    counts: 'turns',
    about: 'A whole turn.',
    source: ISO_80000,
  },
  {
    symbols: 'sr',
    words: 'steradian',
    prefixes: 'si',
    is: '1 rad^2',
    about: 'The SI unit of solid angle.',
    source: SI,
  },
]
