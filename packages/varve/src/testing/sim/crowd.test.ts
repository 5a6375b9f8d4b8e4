import { expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { defaultFaults, drawHistory, type History } from './history.ts'
import { ledgerServer } from './ledger-server.ts'
import type { OpenSimServer } from './server-port.ts'
import { devicesMax, runHistory } from './simulate.ts'
import { toyOf } from './toy-two-logs.ts'

/** All work on the same few seats while they are offline, and all come back within a moment. */
function drawCrowd(seed: number, devices: number): History {
  const random = seededRandom(seed ^ 0xc0fd)
  const backMs = 10_000
  const offline = Array.from({ length: devices }, (_, device) => ({
    atMs: 0,
    kind: 'goOffline' as const,
    device,
    seed: backMs + random.below(200),
  }))
  const wishes = Array.from({ length: 2 * devices }, (_, index) => ({
    atMs: 3_000 + random.below(backMs - 3_500),
    kind: 'wish' as const,
    device: index % devices,
    seed: random.below(2 ** 31),
  }))
  // The history is not over before all are back.
  const last = { atMs: backMs + 500, kind: 'wish' as const, device: 0, seed: random.below(2 ** 31) }
  const actions = [...offline, ...wishes.toSorted((a, b) => a.atMs - b.atMs), last]
  return {
    seed,
    devices: Array.from({ length: devices }, () => ({
      tabs: 1 + random.below(2),
      skewMs: 0,
      latencyMs: 1 + random.below(200),
    })),
    actions: actions.map((action, id) => ({ id, ...action })),
  }
}

it('Z11 twelve and twenty-four devices that were offline come back at once, and all agree', async () => {
  let withdrawn = 0
  for (const devices of [12, devicesMax]) {
    let atOnce = 0
    const counting: OpenSimServer = (ground) => {
      const server = ledgerServer()(ground)
      return {
        ...server,
        connect(client) {
          if (ground.scheduler.now() < 15_000) atOnce += 1
          // Nothing was placed while they worked.
          expect(ground.scheduler.now() < 10_000 && server.entries(ground.logs[0] ?? '').length > 0).toBe(
            false,
          )
          return server.connect(client)
        },
      }
    }
    const result = await runHistory(drawCrowd(devices, devices), { ...toyOf(devices / 2), server: counting })
    expect(result.violation).toBe(null)
    expect(atOnce).toBeGreaterThanOrEqual(devices)
    // Whatever was stored is in the log.
    expect(result.entries).toBe(result.wishes - result.refused)
    withdrawn += result.withdrawn
  }
  // They stood in each other's way.
  expect(withdrawn).toBeGreaterThan(20)
})

it('Z11 with every fault, too', async () => {
  for (let seed = 1; seed <= 2; seed++) {
    const history = drawHistory({ seed, devices: devicesMax, actions: 60, faults: defaultFaults })
    expect((await runHistory(history, toyOf(seed))).violation).toBe(null)
  }
})
