import { describe, expect, it } from 'vitest'
import { type Admission, createAdmission } from './admission.ts'
import { serverLimits } from './limits.ts'
import { storm } from './testing/reconnect-storm.fixture.ts'

const { admissionsPerSecond: perSecond } = serverLimits
const clients = 100_000

function admission(nowMs: () => number): Admission {
  return createAdmission(serverLimits, nowMs)
}

describe('very many clients come back', () => {
  it('V35 a hundred thousand after a crash, all in half a second: each is told its turn once, and all are let in, one after the other', async () => {
    const { asked, came, ...found } = await storm({ clients, ending: 'crash', admission })
    expect(came[0]).toBeGreaterThan(clients * 0.9)
    expect(found.liveAtEnd).toBe(clients)
    expect(found.comesMax).toBeLessThanOrEqual(4)
    // What waited before is a second's worth; after it nobody is asked about more often than was said.
    expect(Math.max(...asked)).toBeLessThanOrEqual(2 * perSecond)
    expect(Math.max(...asked.slice(2))).toBeLessThanOrEqual(1.1 * perSecond)
    expect(found.overAtS).toBeLessThan((1.5 * clients) / perSecond)
    console.log(
      `all were live after ${found.overAtS.toFixed(0)} s; nobody came more than ${found.comesMax} times`,
    )
  })

  it('V35 after a goodbye: they keep to the spread that they were told, so that there is room for all', async () => {
    const some = clients / 5
    const spreadMs = admission(() => 0).spreadMs(some)
    const { asked, came, ...found } = await storm({ clients: some, ending: { spreadMs }, admission })
    expect(found.liveAtEnd).toBe(some)
    expect(found.comesMax).toBeLessThanOrEqual(2)
    expect(Math.max(...came)).toBeLessThan((1.3 * some) / (spreadMs / 1_000))
    expect(Math.max(...asked)).toBeLessThanOrEqual(1.1 * perSecond)
  })

  it('V35 control: told nothing but to come back in a moment, they come again and again', async () => {
    const few = { ...serverLimits, admissionsPerSecond: 50 }
    const withoutTurns = (nowMs: () => number): Admission => {
      const { admit, ...same } = createAdmission(few, nowMs)
      return { ...same, admit: () => Math.min(1_000, admit()) }
    }
    const { comesMax } = await storm({ clients: 5_000, ending: 'crash', admission: withoutTurns })
    expect(comesMax).toBeGreaterThan(4)
    const turns = await storm({
      clients: 5_000,
      ending: 'crash',
      admission: (nowMs) => createAdmission(few, nowMs),
    })
    expect(turns.comesMax).toBeLessThanOrEqual(4)
  })
})
