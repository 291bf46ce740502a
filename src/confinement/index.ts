/** The public interface of what starts processes with fewer rights than the server has. */
export { killCommand, sendKill, startCommand } from './command.ts'
export { BARE, findLaunchers, type Launcher, type LauncherName, type Needs } from './launcher.ts'
