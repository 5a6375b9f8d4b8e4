/** A network that has become calm: everybody reads all there is and pushes all that is left. */
import type { Parts } from './parts.ts'

/** Numbers of `Parts`. */
export interface Calm {
  readonly log: number
  readonly clients: readonly number[]
}

/** One client after the other: find the fork, pull, then push in order until something is refused. */
export function calmRound(parts: Parts, before: Calm): Calm {
  let { log } = before
  const clients = before.clients.map((id) => {
    const isForked = parts.clients.of(id).epoch !== parts.logs.of(log).epoch
    const client = isForked ? parts.healed(id, log) : id
    const behind = parts.logs.of(log).entries.length - parts.clients.of(client).entries.length
    const after = behind > 0 ? parts.received(client, log, behind) : client
    for (const frame of parts.framesOf(after)) {
      const { kind, placed } = parts.answerTo(log, frame)
      if (placed !== null) log = placed
      else if (kind !== 'known') break
    }
    return after
  })
  return { log, clients }
}
