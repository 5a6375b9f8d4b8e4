/** The door `varve-server/sqlite`. */
export { type SqliteLog, type SqliteLogOptions, sqliteLog } from './sqlite-log.ts'
