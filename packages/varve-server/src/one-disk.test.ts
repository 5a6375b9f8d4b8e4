/** Against the public doors only, as an application's tests are written. */
import * as v from 'valibot'
import { defineModel, defineStream, event, type Store } from 'varve'
import { localWebSocket, memoryDisk, openLocalStore, openMemoryLog } from 'varve/testing'
import { describe, it } from 'vitest'

const Note = defineStream('note', {
  initial: '',
  events: { written: event(v.string()) },
  evolve: { written: (_old, text) => text },
  commands: ({ command, emit }) => ({ write: command(v.string(), (_old, text) => emit.written(text)) }),
})
const notes = defineModel('notes', { logs: { notes: [Note] } })

/** Resolves once the note reads so. */
function until(store: Store, text: string): Promise<void> {
  return new Promise((resolve) => {
    const watching = store.watch(Note, '1').subscribe((shown) => {
      if (shown !== text) return
      resolve()
      queueMicrotask(() => watching.unsubscribe())
    })
  })
}

describe('a disk in memory', () => {
  it('L2 a store that is opened again has what the one before had acknowledged', async () => {
    const disk = memoryDisk()
    const before = openLocalStore(notes, { log: openMemoryLog(disk) })
    await before.dispatch(Note.commands.write('1', 'milk'))
    await before.close()
    const after = openLocalStore(notes, { log: openMemoryLog(disk) })
    await until(after, 'milk')
    await after.close()
  })

  it('L2 two stores on one disk are tabs: what one writes the other shows, with no server in reach', async () => {
    const disk = memoryDisk()
    const sync = localWebSocket('ws://127.0.0.1:9')
    const tabs = [1, 2].map(() => openLocalStore(notes, { log: openMemoryLog(disk), sync }))
    const [here, there] = tabs as [Store, Store]
    await here.dispatch(Note.commands.write('1', 'milk'))
    await until(there, 'milk')
    await there.dispatch(Note.commands.write('1', 'bread'))
    await until(here, 'bread')
    for (const tab of tabs) await tab.close()
  })
})
