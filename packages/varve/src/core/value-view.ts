/** The view of one value: a layer holds the value if it changed it, else it shows that of the layer below. */
import { deepFreeze } from './deep-freeze.ts'
import type { StreamName } from './dot.ts'
import { assert } from './errors.ts'
import type { ProjectionDefinition } from './projection.ts'
import type { ValueView, ViewFailure, ViewOptions } from './view.ts'
import { absorbLeftOut, failureOf, foldOne, leavesOut, leftOutOf } from './view-fold.ts'

interface ValueLayer {
  readonly below: ValueLayer | null
  /** Null until this layer has changed something. */
  own: { readonly value: unknown } | null
  failed: ViewFailure | null
  readonly leftOut: Map<StreamName, ViewFailure>
}

export function createValueView(
  projection: ProjectionDefinition<unknown>,
  { saved, freeze = true }: ViewOptions,
): ValueView {
  const value = saved === undefined ? projection.initial : saved.value
  if (freeze) deepFreeze(value)
  return valueView(
    { projection, freeze },
    {
      below: null,
      own: { value },
      failed: saved?.failed ?? null,
      leftOut: new Map(saved?.leftOut),
    },
  )
}

function valueView(
  ground: { readonly projection: ProjectionDefinition<unknown>; readonly freeze: boolean },
  layer: ValueLayer,
): ValueView {
  const { projection, freeze } = ground
  return {
    kind: 'value',
    name: projection.name,
    value: () => shownBy(layer),
    failed: () => failureOf(layer),
    leftOut: () => leftOutOf(layer),
    apply: (events) => {
      for (const event of events) {
        const handler = Object.hasOwn(projection.on, event.type) ? projection.on[event.type] : undefined
        if (handler === undefined || failureOf(layer) !== null || leavesOut(layer, event)) continue
        const folded = foldOne(event, () => handler(shownBy(layer), event))
        if (!folded.ok) layer.failed = folded.failure
        else layer.own = { value: freeze ? deepFreeze(folded.value) : folded.value }
      }
    },
    fork: () => valueView(ground, { below: layer, own: null, failed: null, leftOut: new Map() }),
    absorb: () => {
      assert(layer.below !== null, 'A base view has nothing below to be absorbed into.')
      layer.below.own = layer.own ?? layer.below.own
      layer.below.failed = layer.failed ?? layer.below.failed
      absorbLeftOut(layer, layer.below)
      layer.own = null
      layer.failed = null
    },
    dump: () => {
      assert(layer.below === null, 'Only a base view can be dumped: absorb its forks first.')
      return { value: shownBy(layer), failed: layer.failed, leftOut: [...layer.leftOut] }
    },
  }
}

function shownBy({ own, below }: ValueLayer): unknown {
  // A base view has a value of its own.
  return own === null ? shownBy(below as ValueLayer) : own.value
}
