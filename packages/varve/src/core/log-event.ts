/** The event as readers see it (projections, `theirs`, histories): data in its newest shape, and where it stands. */
import type { LogId, Position, ReplicaId, Revision, StreamName } from './dot.ts'
import type { EventData, EventMap } from './event.ts'

export interface LogEvent<Type extends string = string, Data = unknown> {
  /** Full name, such as `cart.itemAdded`. */
  readonly type: Type
  readonly data: Data
  readonly streamId: string
  readonly stream: StreamName
  readonly log: LogId
  /** Null while pending. */
  readonly position: Position | null
  /** The server's time in ms since 1970; null while pending. */
  readonly time: number | null
  /** The author's time in ms since 1970. */
  readonly now: number
  readonly replica: ReplicaId
  /** The event's place in its stream; only where it is known for certain (serial streams). */
  readonly revision?: Revision
}

/** The union of a stream's events, discriminated by `type`. */
export type EventsOn<Type extends string, Events extends EventMap> = {
  [K in keyof Events & string]: LogEvent<`${Type}.${K}`, EventData<Events[K]>>
}[keyof Events & string]

/** `EventOf<typeof Cart>`: the union of its events, discriminated by `type`, with `data` typed. */
export type EventOf<S> = S extends {
  readonly type: infer Type extends string
  readonly events: infer Events extends EventMap
}
  ? EventsOn<Type, Events>
  : never
