/**
 * The subscriptions of a page, each with a MessagePort of its own, made again with every new worker. What a listener
 * is told after that starts from the whole (rows begin with a reset), so nothing of the worker before is missed.
 */
import type { Query, Update } from '../core/query.ts'

interface Subscription {
  readonly query: Query
  readonly listener: (update: Update) => void
  port: MessagePort | null
}

export type Subscribe = (query: Query, port: MessagePort) => void

export interface Subscriptions {
  add(query: Query, listener: (update: Update) => void, subscribe: Subscribe | null): () => void
  connectAll(subscribe: Subscribe): void
  disconnectAll(): void
}

export function createSubscriptions(): Subscriptions {
  const open = new Set<Subscription>()

  const connect = (subscription: Subscription, subscribe: Subscribe): void => {
    const { port1, port2 } = new MessageChannel()
    subscription.port = port1
    port1.onmessage = ({ data }: MessageEvent<Update>) => {
      if (subscription.port === port1) subscription.listener(data)
    }
    subscribe(subscription.query, port2)
  }
  const disconnect = (subscription: Subscription): void => {
    // A word before closing: not every browser tells the other side that a port was closed.
    subscription.port?.postMessage('end')
    subscription.port?.close()
    subscription.port = null
  }

  return Object.freeze({
    add(query: Query, listener: (update: Update) => void, subscribe: Subscribe | null) {
      const subscription: Subscription = { query, listener, port: null }
      open.add(subscription)
      if (subscribe !== null) connect(subscription, subscribe)
      return () => {
        if (open.delete(subscription)) disconnect(subscription)
      }
    },
    connectAll(subscribe: Subscribe) {
      for (const subscription of open) connect(subscription, subscribe)
    },
    disconnectAll() {
      for (const subscription of open) disconnect(subscription)
    },
  })
}
