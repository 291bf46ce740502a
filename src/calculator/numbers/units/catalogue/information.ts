import type { Entry } from './entry.ts'
import { IEC, USAGE } from './sources.ts'

export const INFORMATION: readonly Entry[] = [
  {
    symbols: 'bit, b',
    words: 'bit',
    prefixes: 'binary',
    is: { base: 'data' },
    about: 'A binary digit. kbit is 1000 bits, Kibit 1024.',
    source: IEC,
  },
  {
    symbols: 'B',
    words: 'byte, octet',
    prefixes: 'binary',
    is: '8 bit',
    about: 'Eight bits. kB is 1000 bytes, KiB 1024.',
    source: IEC,
  },
  { words: 'nibble, nybble', is: '4 bit', about: 'Half a byte.', source: IEC },
  {
    symbols: 'bps',
    prefixes: 'binary',
    is: '1 bit / s',
    opens: true,
    about: 'Bits per second.',
    source: IEC,
  },
  { names: 'mbps', is: '1 Mbit / s', opens: true, about: 'Megabits per second.', source: USAGE },
  { names: 'gbps', is: '1 Gbit / s', opens: true, about: 'Gigabits per second.', source: USAGE },
  { symbols: 'Bps', prefixes: 'binary', is: '1 B / s', opens: true, about: 'Bytes per second.', source: IEC },
  {
    symbols: 'Bd',
    words: 'baud',
    plurals: 'baud',
    prefixes: 'large',
    is: '1 / s',
    about: 'Symbols per second.',
    source: IEC,
  },
]
