/** What streams look like, folded the plain way: an event after the other into a copy. */
import type { Commit } from '../../../core/commit.ts'
import type { StreamName } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'

export interface NaiveStream {
  readonly state: unknown
  readonly revision: number
}

export type NaiveStates = ReadonlyMap<StreamName, NaiveStream>

export const nothing: NaiveStates = new Map()

export function folded(model: Model, before: NaiveStates, commits: readonly Commit[]): NaiveStates {
  const states = new Map(before)
  for (const { events } of commits) {
    for (const { stream, type, data } of events) {
      const [kind, name] = type.split('.') as [string, string]
      const definition = model.streamOf(kind)
      const { state, revision } = states.get(stream) ?? initialOf(model, stream)
      states.set(stream, { state: definition?.evolve[name]?.(state, data), revision: revision + 1 })
    }
  }
  return states
}

export function initialOf(model: Model, stream: StreamName): NaiveStream {
  return { state: model.streamOf(stream.slice(0, stream.indexOf('/')))?.initial, revision: 0 }
}
