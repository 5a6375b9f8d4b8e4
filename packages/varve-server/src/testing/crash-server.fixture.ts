/** A server process of its own, over a log file, to be killed. Prints the URL of its socket. */
import { createSyncServer } from '../server.ts'
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import { fulfilment, market, settlement } from './market.fixture.ts'

const server = createSyncServer({
  log: sqliteLog(process.argv[2] ?? ''),
  insecure: true,
  allowMissingOrigin: true,
  model: market,
  policies: [fulfilment, settlement],
})
const address = await server.listen()
process.stdout.write(`${address?.url}\n`)
