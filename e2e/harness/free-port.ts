/**
 * A port that nobody listens on, below those from which the system takes the ports of outgoing connections: a server
 * that was killed must find it free again, and a client that knocks at a dead port must not be connected with itself.
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const first = 12_000
const last = 30_000
const triesMax = 50

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = randomInt(first, last)
    if (await isFree(port)) return port
  }
  throw new Error(`No free port between ${first} and ${last}.`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
