/** The one step of every view: a handler on an event, and what becomes of its failure. */
import type { StreamName } from './dot.ts'
import { messageOf } from './errors.ts'
import type { ProjectedEvent } from './projected-events.ts'
import type { ViewFailure } from './view.ts'

interface FailingLayer {
  readonly failed: ViewFailure | null
  /** Streams that are not followed any further, each with the event at which that began. */
  readonly leftOut: Map<StreamName, ViewFailure>
  readonly below: FailingLayer | null
}

/** The failure of this layer or of one below. */
export function failureOf(layer: FailingLayer): ViewFailure | null {
  for (let at: FailingLayer | null = layer; at !== null; at = at.below)
    if (at.failed !== null) return at.failed
  return null
}

/** True if the event is of a newer program, or comes after one on its stream: without it nothing later makes sense. */
export function leavesOut(layer: FailingLayer, event: ProjectedEvent): boolean {
  if (leftOutOf(layer).has(event.stream)) return true
  const { newer, fault = '', type, position } = event
  if (newer) layer.leftOut.set(event.stream, { message: fault, type, position })
  return newer === true
}

/** What this layer and those below leave out, oldest first. */
export function leftOutOf({ below, leftOut }: FailingLayer): ReadonlyMap<StreamName, ViewFailure> {
  if (below === null) return leftOut
  const under = leftOutOf(below)
  return leftOut.size === 0 ? under : new Map([...under, ...leftOut])
}

/** Moves what a layer leaves out into the one below. */
export function absorbLeftOut(layer: FailingLayer, below: FailingLayer): void {
  for (const [stream, failure] of layer.leftOut) below.leftOut.set(stream, failure)
  layer.leftOut.clear()
}

type Folded =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: ViewFailure }

/** Runs a handler on an event; what it throws (or an event that could not be read) is a failure. */
export function foldOne(event: ProjectedEvent, step: () => unknown): Folded {
  const { type, position } = event
  if (event.fault !== undefined) return { ok: false, failure: { message: event.fault, type, position } }
  try {
    const value = step()
    if (value !== undefined) return { ok: true, value }
    return { ok: false, failure: { message: `The handler of ${type} returned nothing.`, type, position } }
  } catch (thrown) {
    // Handlers are application code: whatever they throw isolates this view and no other.
    return { ok: false, failure: { message: messageOf(thrown), type, position } }
  }
}
