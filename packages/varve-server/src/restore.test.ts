/** A server that is put back to an older backup, once and twice, while one device is away: what authors hold comes back. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type SqliteLog, sqliteLog } from './sqlite/index.ts'
import { judgeRun } from './testing/fault-judge.fixture.ts'
import { startFaultProxy, unavailable } from './testing/fault-proxy.ts'
import { openFleet } from './testing/fleet.fixture.ts'
import { fulfilment, market, Stock, settlement } from './testing/market.fixture.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const phases = 4
const pieces = 1_000

/** Two of one customer, one of another; the second is the one that goes away. */
const customers = ['ann', 'ann', 'ben']
const away = 1

describe('a server that was restored', () => {
  // After which phase it goes back, and to the end of which.
  it.each([
    { name: 'to before everything', restores: [{ after: 3, to: 0 }] },
    { name: 'to the middle', restores: [{ after: 3, to: 2 }] },
    {
      name: 'twice to the same backup',
      restores: [
        { after: 2, to: 1 },
        { after: 3, to: 1 },
      ],
    },
    {
      name: 'twice, the second time further back',
      restores: [
        { after: 2, to: 1 },
        { after: 3, to: 0 },
      ],
    },
    {
      name: 'twice, the second time to a backup of after the first',
      restores: [
        { after: 1, to: 0 },
        { after: 3, to: 2 },
      ],
    },
  ])('Y14 V33 $name: nothing that an author holds is lost or doubled', async ({ restores }) => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-restore-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'log.db')
    const restored: string[] = []
    const start = (port = 0): Promise<TestServer> =>
      startTestServer({
        log: sqliteLog(file, { onRestored: (path) => restored.push(path) }),
        model: market,
        policies: [fulfilment, settlement],
        limits: { spreadMs: 100 },
        port,
      })
    let server = await start()
    cleanups.push(() => server.close())
    const { port, url } = server
    await server.server.dispatch('shop', Stock.commands.receive('cup', { quantity: pieces }), {
      principal: 'seed',
    })
    const cable = await startFaultProxy({ target: `http://127.0.0.1:${port}` })
    cleanups.push(() => cable.close())
    const fleet = openFleet(customers, (device) => (device === away ? `${cable.url}/sync` : url))
    cleanups.push(() => fleet.close())

    const backups = [join(folder, 'backup-0.db')]
    await (server.log as SqliteLog).backup(backups[0]!)
    for (let phase = 1; phase <= phases; phase++) {
      // There for the first wishes, which a restore will lose, and back at the end with what it did meanwhile.
      const isAway = phase > 1 && phase < phases
      cable.set({ answer: isAway ? unavailable : null })
      if (isAway) cable.reset()
      await Promise.all(
        customers.map((customer, device) => fleet.wish(device, `${customer}-${device}-${phase}`)),
      )
      await fleet.settled((wish) => !isAway || wish.device !== away)
      await server.server.settled()
      backups.push(join(folder, `backup-${phase}.db`))
      await (server.log as SqliteLog).backup(backups[phase]!)
      for (const { to } of restores.filter(({ after }) => after === phase)) {
        await server.close()
        for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true })
        copyFileSync(backups[to]!, file)
        server = await start(port)
      }
    }
    expect(await fleet.calm(server)).toEqual([])
    expect(restored).toHaveLength(restores.length)
    const observed = { ...(await fleet.observe(server)), pieces }
    expect(judgeRun(observed)).toEqual([])
    expect(observed.wishes.map(({ fate }) => fate?.status)).toEqual(observed.wishes.map(() => 'confirmed'))
  })
})
