import type { FromHolder, ToHolder } from './hold-database.worker.fixture.ts'

/**
 * Does to a database what a tab does that is frozen inside a transaction: keeps one read-write transaction over all
 * its tables open.
 */
export interface HeldDatabase {
  /** Resolves when others can write again. */
  letGo(): Promise<void>
}

export async function holdDatabase(name: string): Promise<HeldDatabase> {
  const holder = new Worker(new URL('./hold-database.worker.fixture.ts', import.meta.url), { type: 'module' })
  const hears = (wanted: FromHolder) =>
    new Promise<void>((resolve) => {
      holder.addEventListener('message', ({ data }) => data === wanted && resolve())
    })
  const say = (what: ToHolder): void => holder.postMessage(what)
  const isLetGo = hears('let go')
  const isHeld = hears('held')
  say({ name })
  await isHeld
  return Object.freeze({
    async letGo() {
      say('let go')
      await isLetGo
      holder.terminate()
    },
  })
}
