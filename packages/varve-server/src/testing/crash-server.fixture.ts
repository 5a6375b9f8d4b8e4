/**
 * A server process of its own, over a log file, to be killed. Prints its process id and the URL of its socket.
 *
 *   node crash-server.fixture.ts <file> [barrier] [nth]     kills itself when it comes to the barrier the nth time
 *   node crash-server.fixture.ts <file> unflushed           never waits for the disk: for a control
 */
import { createSyncServer } from '../server.ts'
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import { withBarriers } from './barriers.fixture.ts'
import { courier, fulfilment, mailOf, market, settlement } from './market.fixture.ts'

const [file = '', what = 'none', nth = '1'] = process.argv.slice(2)
let left = Number(nth)

function reach(barrier: string): void {
  if (barrier !== what) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

const log = sqliteLog(file, { isUnflushed: what === 'unflushed' })
const server = createSyncServer({
  log: withBarriers(log, reach),
  insecure: true,
  allowMissingOrigin: true,
  model: market,
  policies: [fulfilment, settlement, courier(mailOf(file), () => reach('effect_sent'))],
})
const address = await server.listen()
process.stdout.write(`${process.pid} ${address?.url}\n`)
