/** The view of one value: a layer holds the value if it changed it, else it shows that of the layer below. */
import { deepFreeze } from './deep-freeze.ts'
import { assert } from './errors.ts'
import type { ProjectionDefinition } from './projection.ts'
import type { ValueView, ViewFailure, ViewOptions } from './view.ts'
import { failureOf, foldOne } from './view-fold.ts'

interface ValueLayer {
  readonly below: ValueLayer | null
  /** Null until this layer has changed something. */
  own: { readonly value: unknown } | null
  failed: ViewFailure | null
}

export function createValueView(
  projection: ProjectionDefinition<unknown>,
  { saved, freeze = true }: ViewOptions,
): ValueView {
  const value = saved === undefined ? projection.initial : saved.value
  if (freeze) deepFreeze(value)
  return valueView({ projection, freeze }, { below: null, own: { value }, failed: saved?.failed ?? null })
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
    apply: (events) => {
      for (const event of events) {
        const handler = Object.hasOwn(projection.on, event.type) ? projection.on[event.type] : undefined
        if (handler === undefined || failureOf(layer) !== null) continue
        const folded = foldOne(event, () => handler(shownBy(layer), event))
        if (!folded.ok) layer.failed = folded.failure
        else layer.own = { value: freeze ? deepFreeze(folded.value) : folded.value }
      }
    },
    fork: () => valueView(ground, { below: layer, own: null, failed: null }),
    absorb: () => {
      assert(layer.below !== null, 'A base view has nothing below to be absorbed into.')
      layer.below.own = layer.own ?? layer.below.own
      layer.below.failed = layer.failed ?? layer.below.failed
      layer.own = null
      layer.failed = null
    },
    dump: () => {
      assert(layer.below === null, 'Only a base view can be dumped: absorb its forks first.')
      return { value: shownBy(layer), failed: layer.failed }
    },
  }
}

function shownBy(layer: ValueLayer): unknown {
  for (let at: ValueLayer | null = layer; at !== null; at = at.below) if (at.own !== null) return at.own.value
  return undefined
}
