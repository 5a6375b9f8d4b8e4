/**
 * Whether the page and its worker were built with the same model.
 *
 * Names and versions only, never the source of handlers: page and worker are bundled apart, and the same function
 * reads differently in each. Streams of one log are compared in any order.
 */
import type { Model } from '../core/model.ts'

/** A text that says what the model consists of; equal for equal models, and readable where two differ. */
export function modelSignature(model: Model): string {
  const logs = model.logKinds.map(
    (kind) => `${kind}(${model.streamsOf(kind).map(streamText).toSorted().join(' ')})`,
  )
  const projections = [...model.projections.values()].map(
    ({ kind, name, version }) => `${kind}:${name}@${version}`,
  )
  return [model.name, ...logs.toSorted(), ...projections.toSorted()].join(' ')
}

function streamText({ type, version, events, commands }: ReturnType<Model['streamsOf']>[number]): string {
  const shapes = Object.entries(events).map(([name, { versions }]) => `${name}${versions.length}`)
  return `${type}@${version}[${shapes.toSorted().join(',')};${Object.keys(commands).toSorted().join(',')}]`
}
