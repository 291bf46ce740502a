import { ANGLES } from './angle.ts'
import { AREAS } from './area.ts'
import { CHEMISTRY, SHARES } from './chemistry.ts'
import { ELECTRICITY } from './electricity.ts'
import { ENERGIES, POWERS } from './energy.ts'
import type { Entry } from './entry.ts'
import { FORCES, PRESSURES } from './force.ts'
import { INFORMATION } from './information.ts'
import { LENGTHS } from './length.ts'
import { LIGHT, RADIATION } from './light.ts'
import { MASSES } from './mass.ts'
import { MONEY } from './money.ts'
import { CONSUMPTIONS, FLOWS, SPEEDS } from './speed.ts'
import { TEMPERATURES } from './temperature.ts'
import { FREQUENCIES, TIMES } from './time.ts'
import { VOLUMES } from './volume.ts'

/** All units, by topic. */
export const CATALOGUE: readonly { readonly topic: string; readonly entries: readonly Entry[] }[] = [
  { topic: 'Length', entries: LENGTHS },
  { topic: 'Area', entries: AREAS },
  { topic: 'Volume', entries: VOLUMES },
  { topic: 'Mass', entries: MASSES },
  { topic: 'Time', entries: TIMES },
  { topic: 'Frequency', entries: FREQUENCIES },
  { topic: 'Angle', entries: ANGLES },
  { topic: 'Temperature', entries: TEMPERATURES },
  { topic: 'Speed', entries: SPEEDS },
  { topic: 'Flow', entries: FLOWS },
  { topic: 'Fuel consumption', entries: CONSUMPTIONS },
  { topic: 'Force and acceleration', entries: FORCES },
  { topic: 'Pressure and viscosity', entries: PRESSURES },
  { topic: 'Energy', entries: ENERGIES },
  { topic: 'Power', entries: POWERS },
  { topic: 'Electricity and magnetism', entries: ELECTRICITY },
  { topic: 'Light', entries: LIGHT },
  { topic: 'Radiation', entries: RADIATION },
  { topic: 'Chemistry', entries: CHEMISTRY },
  { topic: 'Shares', entries: SHARES },
  { topic: 'Data', entries: INFORMATION },
  { topic: 'Money', entries: MONEY },
]
