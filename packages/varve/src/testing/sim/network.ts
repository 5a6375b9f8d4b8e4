/**
 * The network between one device and the server: frames as text, each of which may be lost, doubled, delayed (and so
 * overtaken) or cut short, and connections that end on one side only. What becomes of a frame depends on the seed, the
 * connection and the frame's number alone, so that a shorter history meets the same weather.
 */
import type { Connection, NetworkHints, Transport } from '../../sync/ports.ts'
import { type SeededRandom, seededRandom } from '../seeded-random.ts'
import type { Realm } from './realm.ts'
import type { Scheduler } from './scheduler.ts'
import type { ServerEnd, SimServer } from './server-port.ts'

/** Probabilities per frame, and how late a frame may be. */
export interface Weather {
  readonly loss: number
  readonly duplication: number
  readonly truncation: number
  /** Frames overtake each other by up to this. */
  readonly delayMsMax: number
}

export const fairWeather: Weather = { loss: 0, duplication: 0, truncation: 0, delayMsMax: 0 }

export interface DeviceNetwork {
  transportOf(realm: Realm): Transport
  hintsOf(realm: Realm): NetworkHints
  setWeather(weather: Weather): void
  /** Nothing arrives any more, in either direction; nobody is told unless the browser hints it. */
  setPartition(isCut: boolean, hint: boolean): void
  /** Ends the connections; on the other side nothing is heard of it. */
  cut(side: 'client' | 'server' | 'both'): void
}

export interface NetworkGround {
  readonly scheduler: Scheduler
  readonly server: () => SimServer
  readonly seed: number
  readonly latencyMs: number
  readonly onServerText: (text: string) => void
}

interface Wire {
  readonly cutClient: () => void
  readonly cutServer: () => void
}

export function createNetwork({
  scheduler,
  server,
  seed,
  latencyMs,
  onServerText,
}: NetworkGround): DeviceNetwork {
  const wires = new Set<Wire>()
  const listeners = new Set<{ readonly realm: Realm; tell: (network: 'online' | 'offline') => void }>()
  let weather = fairWeather
  let isPartitioned = false
  let connections = 0

  function transportOf(realm: Realm): Transport {
    return { connect: (events) => connect(realm, events) }
  }

  function connect(realm: Realm, events: Parameters<Transport['connect']>[0]): Connection {
    connections += 1
    const random = seededRandom(seed * 1_000 + connections)
    let isOpen = true
    let remote: ServerEnd | null = null
    const enter = (callback: () => void) => realm.enter(() => isOpen && callback())
    const toServer = lane(random, (text) => remote?.receive(text))
    const toClient = lane(random, (text) => enter(() => events.onText(text)))
    const wire: Wire = {
      cutClient() {
        enter(() => {
          isOpen = false
          events.onClose()
        })
      },
      cutServer() {
        remote?.close()
        remote = null
      },
    }
    wires.add(wire)
    const hangUp = () => {
      isOpen = false
      // What was sent before arrives before; if the news is lost, the server finds out by itself or not at all.
      toServer.after(() => {
        wire.cutServer()
        wires.delete(wire)
      })
    }
    realm.onKill(hangUp)
    scheduler.at(scheduler.now() + 2 * latencyMs, () => {
      if (isPartitioned || !isOpen) return
      remote = server().connect({
        onText(text) {
          onServerText(text)
          toClient.send(text)
        },
        onClose() {
          remote = null
          toClient.after(wire.cutClient)
        },
      })
      if (remote === null) wire.cutClient()
      else enter(events.onOpen)
    })
    return Object.freeze({
      send: (text: string) => {
        if (isOpen) toServer.send(text)
      },
      close: hangUp,
    })
  }

  /** One direction of a connection. */
  function lane(random: SeededRandom, arrive: (text: string) => void) {
    let lastAtMs = 0
    const schedule = (callback: () => void) => {
      const late = weather.delayMsMax === 0 ? 0 : random.below(weather.delayMsMax)
      const inOrder = Math.max(lastAtMs, scheduler.now() + latencyMs)
      if (late === 0) lastAtMs = inOrder
      scheduler.at(inOrder + late, () => {
        if (!isPartitioned) callback()
      })
    }
    return {
      send(text: string): void {
        if (isPartitioned) return
        const { loss, duplication, truncation } = weather
        if (loss > 0 && random.chance(loss)) return
        const whole = truncation === 0 || !random.chance(truncation)
        const sent = whole ? text : text.slice(0, random.below(text.length))
        schedule(() => arrive(sent))
        if (duplication > 0 && random.chance(duplication)) schedule(() => arrive(sent))
      },
      after(callback: () => void): void {
        if (!isPartitioned) schedule(callback)
      },
    }
  }

  return Object.freeze({
    transportOf,
    hintsOf: (realm) => (listener) => {
      const entry = { realm, tell: listener }
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    setWeather(next: Weather) {
      weather = next
    },
    setPartition(isCut: boolean, hint: boolean) {
      isPartitioned = isCut
      if (!hint) return
      for (const { realm, tell } of [...listeners]) realm.enter(() => tell(isCut ? 'offline' : 'online'))
    },
    cut(side) {
      for (const wire of [...wires]) {
        if (side !== 'server') wire.cutClient()
        if (side !== 'client') wire.cutServer()
        if (side !== 'client') wires.delete(wire)
      }
    },
  } satisfies DeviceNetwork)
}
