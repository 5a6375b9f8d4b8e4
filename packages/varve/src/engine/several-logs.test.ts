import { describe, expect, it } from 'vitest'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import { memoryDisk } from '../log/index.ts'
import { Claps, clap, Note, openTab, Seat, theatreServer, valueIn, write } from './theatre.fixture.ts'

/** A projection that does depend on how its logs interleave. */
const Trail = defineProjection('trail', {
  from: [Claps, Note],
  initial: '',
  on: { 'claps.clapped': (trail) => `${trail}c`, 'note.written': (trail) => `${trail}n` },
})

const model = defineModel('theatre', {
  logs: { hall: [Seat, Claps], desk: [Note] },
  projections: [Trail],
})

describe('a projection over several logs', () => {
  it('E17 sees pending commits log by log, live as after a reload', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a', { model })
    await tab.wish(write('1', { text: 'x' }))
    await tab.wish(clap('1'))
    await tab.wish(write('1', { text: 'y' }))
    expect(valueIn(tab, 'trail')).toBe('cnn')
    expect(valueIn(await openTab(disk, 'b', { model }), 'trail')).toBe('cnn')
  })

  it('E17 is folded in the order of the servers’ times: when booting, in a past and in a tab that follows', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a', { model })
    const follower = await openTab(disk, 'f', { model })
    const server = theatreServer()
    await tab.lead('a9')
    for (let i = 0; i < 3; i += 1) {
      await tab.wish(write('1', { text: `${i}` }))
      await server.sync(tab)
      await tab.wish(clap('1'))
      await server.sync(tab)
    }
    expect(valueIn(tab, 'trail')).toBe('ncncnc')
    await follower.refresh()
    expect(valueIn(follower, 'trail')).toBe('ncncnc')
    expect(valueIn(await openTab(disk, 'b', { model }), 'trail')).toBe('ncncnc')
    const past = await tab.openPast({ log: 'desk/1', position: 2 })
    expect(valueIn(tab, 'trail', past)).toBe('ncn')
  })
})
