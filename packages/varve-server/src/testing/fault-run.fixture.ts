/**
 * One run of real stores against a real server over a bad network: wishes and faults as a seed draws them, then calm. At
 * the end everybody must agree, nothing be lost or doubled, and nobody have been told "synced" over something that waits.
 * The draw is the seed's, the timing the machine's.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SeededRandom, seededRandom } from 'varve/testing'
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import { judgeRun, type Observed } from './fault-judge.fixture.ts'
import {
  captivePortal,
  type FaultCounts,
  type FaultProxy,
  type FrameFaults,
  startFaultProxy,
  tooManyRequests,
  unavailable,
} from './fault-proxy.ts'
import { type Fleet, openFleet } from './fleet.fixture.ts'
import { fulfilment, market, Stock, settlement } from './market.fixture.ts'
import { startTestServer } from './start-test-server.ts'

export interface FaultRun {
  readonly faults: readonly string[]
  readonly wishes: number
  readonly counts: Readonly<FaultCounts>
  readonly observed: Observed
}

const stepsPerRun = 40
const pauseMsMax = 25

/** Two of one customer, one of another. */
const devices = ['ann', 'ann', 'ben'] as const

export async function runWithFaults(seed: number): Promise<FaultRun> {
  const random = seededRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), 'varve-faults-'))
  const server = await startTestServer({
    log: sqliteLog(join(folder, 'log.db')),
    model: market,
    policies: [fulfilment, settlement],
  })
  // A doubled hello is no network's doing: it is refused as malformed, and the client is right to stop for minutes (T22).
  const isSpared = (frame: string) => frame.startsWith('{"type":"hello"')
  const proxy = await startFaultProxy({
    target: `http://127.0.0.1:${server.port}`,
    random: random.next,
    isSpared,
  })
  const fleet = openFleet(devices, () => `${proxy.url}/sync`)
  try {
    const pieces = 2 + random.below(stepsPerRun / 3)
    await server.server.dispatch('shop', Stock.commands.receive('cup', { quantity: pieces }), {
      principal: 'seed',
    })
    for (let step = 0; step < stepsPerRun; step++) {
      if (random.chance(0.55)) wish(random, fleet)
      else disturb(random, proxy)
      await sleep(random.below(pauseMsMax))
    }
    proxy.heal()
    const unrest = await fleet.calm(server)
    const observed = { ...(await fleet.observe(server)), pieces }
    return {
      faults: [...unrest, ...judgeRun(observed)],
      wishes: fleet.wishes.length,
      counts: proxy.counts,
      observed,
    }
  } finally {
    await fleet.close()
    await proxy.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Some ids are asked for on both devices of a customer: one of them is withdrawn then, or refused at once. */
function wish(random: SeededRandom, fleet: Fleet): void {
  const device = random.below(devices.length)
  fleet.wish(device, `${devices[device]}-${random.below(stepsPerRun)}`)
}

function disturb(random: SeededRandom, proxy: FaultProxy): void {
  const frames = (): Partial<FrameFaults> => ({
    ...(random.chance(0.5) && { latencyMsMax: 30 }),
    ...(random.chance(0.5) && { drop: 0.25 }),
    ...(random.chance(0.5) && { duplicate: 0.3 }),
    ...(random.chance(0.5) && { reorder: 0.3 }),
    ...(random.chance(0.2) && { reset: 0.1 }),
  })
  const acts: readonly (() => void)[] = [
    () => proxy.set({ up: frames() }),
    // What a client says is never cut short: the server would call it malformed, as above.
    () => proxy.set({ down: { ...frames(), ...(random.chance(0.3) && { truncate: 0.1 }) } }),
    () => proxy.reset(),
    () => proxy.set({ blackHole: true }),
    () => proxy.set({ blackHole: false, answer: null }),
    () => proxy.set({ answer: random.pick([captivePortal, unavailable, tooManyRequests]) }),
    () => proxy.set({ dripBytesPerSecond: random.pick([null, 3_000, 20_000]) }),
    () => proxy.heal(),
  ]
  random.pick(acts)()
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
