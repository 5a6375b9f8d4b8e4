/**
 * The filter in front of Comlink, which by itself lets anyone who can post a message read, set, call and construct
 * any property path of what is exposed (a raw SET of `__proto__` reaches every object of the worker).
 *
 * Through gets one kind of message: APPLY of one name of the contract with raw arguments of the right shape, and of
 * that message a fresh copy with nothing else in it. Whatever else comes is counted and answered with a failure, so
 * that nobody waits; it never throws.
 */
import type { Endpoint } from 'comlink'
import { barrier } from '../log/barrier.ts'
import { type Contract, contractMethods, type Failed } from './contract.ts'
import { fitsContract } from './request-shape.ts'

export interface FilteredEndpoint extends Endpoint {
  /** How many messages were not let through. */
  getDropped(): number
}

/** The part of a worker's global scope, or of a MessagePort, that carries messages. */
export type RawEndpoint = Pick<MessagePort, 'postMessage' | 'addEventListener' | 'removeEventListener'> & {
  start?: () => void
}

interface CleanCall {
  readonly id: string
  readonly type: 'APPLY'
  readonly path: readonly [keyof Contract]
  readonly argumentList: readonly { readonly type: 'RAW'; readonly value: unknown }[]
}

export function filterEndpoint(inner: RawEndpoint): FilteredEndpoint {
  const wrappers = new Map<unknown, (event: MessageEvent) => void>()
  let dropped = 0

  const pass = (listener: EventListenerOrEventListenerObject, event: MessageEvent): void => {
    const data: unknown = event.data
    const call = cleanCall(data)
    if (call === null) {
      dropped += 1
      const id = ownValue(data, 'id')
      if (typeof id === 'string')
        inner.postMessage({ id, type: 'RAW', value: { ok: false, failure: refusal } })
      return
    }
    const clean = new MessageEvent('message', { data: call, origin: event.origin })
    if (typeof listener === 'function') listener(clean)
    else listener.handleEvent(clean)
  }

  return Object.freeze({
    postMessage(message: unknown, transfer?: Transferable[]) {
      inner.postMessage(message, transfer ?? [])
      barrier('answered the page', message)
    },
    addEventListener(type: string, listener: EventListenerOrEventListenerObject) {
      if (type !== 'message') return
      const wrapper = (event: MessageEvent) => pass(listener, event)
      wrappers.set(listener, wrapper)
      inner.addEventListener('message', wrapper)
    },
    removeEventListener(_type: string, listener: EventListenerOrEventListenerObject) {
      const wrapper = wrappers.get(listener)
      wrappers.delete(listener)
      if (wrapper !== undefined) inner.removeEventListener('message', wrapper)
    },
    start: () => inner.start?.(),
    getDropped: () => dropped,
  })
}

const refusal: Failed = {
  code: 'message_refused',
  message: 'The worker takes calls of its contract only.',
  hint: 'Talk to the store, not to its worker. Are page and worker of the same version of varve?',
}

const idLengthMax = 200
const methods: ReadonlySet<unknown> = new Set(contractMethods)

function cleanCall(data: unknown): CleanCall | null {
  const id = ownValue(data, 'id')
  const path = ownValue(data, 'path')
  const wired = ownValue(data, 'argumentList')
  if (typeof id !== 'string' || id.length > idLengthMax || ownValue(data, 'type') !== 'APPLY') return null
  if (!Array.isArray(path) || path.length !== 1 || !methods.has(path[0])) return null
  if (!Array.isArray(wired) || wired.some((argument) => ownValue(argument, 'type') !== 'RAW')) return null
  const method = path[0] as keyof Contract
  const values = wired.map((argument) => ownValue(argument, 'value'))
  if (!fitsContract(method, values)) return null
  return { id, type: 'APPLY', path: [method], argumentList: values.map((value) => ({ type: 'RAW', value })) }
}

/** Own properties only: what a message inherits, its sender did not write. */
function ownValue(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Record<string, unknown>)[key]
}
