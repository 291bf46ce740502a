export {
  decodeMoment,
  encodeMoment,
  isMoment,
  type Moment,
  readMoment,
  writeMoment,
} from './moment.ts'
export { findZone } from './zones.ts'
