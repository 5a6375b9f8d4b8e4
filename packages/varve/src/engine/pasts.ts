/** The pasts that are open, by id. They take memory until they are closed. */
import { VarveError } from '../core/errors.ts'
import type { Cut } from '../core/query.ts'
import type { Past } from './past.ts'

export interface Pasts {
  open(cut: Cut): Promise<string>
  /** Throws `unknown_past`. */
  must(id: string): Past
  /** Idempotent. */
  close(id: string): void
  closeAll(): void
}

export function createPasts(read: (cut: Cut) => Promise<Past>): Pasts {
  const pastById = new Map<string, Past>()
  let opened = 0

  async function open(cut: Cut): Promise<string> {
    const past = await read(cut)
    opened += 1
    const id = `past-${opened}`
    pastById.set(id, past)
    return id
  }

  function must(id: string): Past {
    const past = pastById.get(id)
    if (past === undefined) throw new VarveError('unknown_past', `No past ${id} is open.`)
    return past
  }

  return Object.freeze({
    open,
    must,
    close: (id: string) => void pastById.delete(id),
    closeAll: () => pastById.clear(),
  })
}
