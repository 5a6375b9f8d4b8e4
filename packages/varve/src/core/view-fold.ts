/** The one step of every view: a handler on an event, and what becomes of its failure. */
import { messageOf } from './errors.ts'
import type { ProjectedEvent } from './projected-events.ts'
import type { ViewFailure } from './view.ts'

interface FailingLayer {
  readonly failed: ViewFailure | null
  readonly below: FailingLayer | null
}

/** The failure of this layer or of one below. */
export function failureOf(layer: FailingLayer): ViewFailure | null {
  for (let at: FailingLayer | null = layer; at !== null; at = at.below)
    if (at.failed !== null) return at.failed
  return null
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
