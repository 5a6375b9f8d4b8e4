/**
 * Names of things on a log.
 *
 * A dot names a commit for ever: the replica that wrote it and its counter on that log. It names the *intent*:
 * deciding again keeps the dot, and nobody else may ever use it.
 *
 * The types are flavours: a plain number or string may be written where one is wanted, but a position is not
 * taken for a revision, nor a stream name for a log id.
 */
type Flavour<T, Name extends string> = T & { readonly __flavour?: Name }

/** One writing incarnation of a store on one browser profile. */
export type ReplicaId = Flavour<string, 'replica'>
/** The name of a log, such as `shop` or `customer/42`. */
export type LogId = Flavour<string, 'log'>
/** `type/id`, such as `cart/42`; the id may hold further slashes. */
export type StreamName = Flavour<string, 'stream'>
/** The place of an entry in its log, from 1 and gapless; 0 is "before the first". */
export type Position = Flavour<number, 'position'>
/** The place of an event in its stream, from 0; as a count, the number of events before it. */
export type Revision = Flavour<number, 'revision'>

export interface Dot {
  readonly replica: ReplicaId
  /** From 1, without holes, per replica and log. */
  readonly counter: number
}

/** A dot as a Map key. Counters hold no colon, so the key is unambiguous. */
export function dotKey(dot: Dot): string {
  return `${dot.counter}:${dot.replica}`
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.counter === b.counter && a.replica === b.replica
}

export function streamName(type: string, id: string): StreamName {
  return `${type}/${id}`
}

/** Splits at the first slash. */
export function parseStreamName(name: StreamName): { readonly type: string; readonly id: string } {
  const slash = name.indexOf('/')
  return slash < 0 ? { type: name, id: '' } : { type: name.slice(0, slash), id: name.slice(slash + 1) }
}
