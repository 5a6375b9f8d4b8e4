/**
 * The half of the fault proxy that knows bytes only: a TCP relay that can let them drip, hold them back on both sides, or
 * reset what is open. A side that ends or breaks is passed on as such, once the black hole is over.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface ByteFaults {
  readonly blackHole: boolean
  readonly dripBytesPerSecond: number | null
}

export interface ByteStage {
  readonly port: number
  count(): number
  set(faults: ByteFaults): void
  reset(): void
  close(): Promise<void>
}

/** Pieces of a drip: so often one. */
const dripMs = 20

export async function createByteStage(to: {
  readonly host: string
  readonly port: number
}): Promise<ByteStage> {
  let faults: ByteFaults = { blackHole: false, dripBytesPerSecond: null }
  /** Resolves when the black hole is over. */
  let passable = Promise.resolve()
  let openUp: () => void = () => {}
  let isClosed = false
  const pairs = new Map<Socket, Socket>()

  async function pass(from: Socket, into: Socket): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        let left = chunk
        while (left.length > 0) {
          await passable
          const rate = faults.dripBytesPerSecond
          const size = rate === null ? left.length : Math.max(1, Math.floor((rate * dripMs) / 1_000))
          if (!into.write(left.subarray(0, size))) await drained(into)
          if (into.destroyed) throw new Error('Nobody takes it any more.')
          left = left.subarray(size)
          if (rate !== null) await new Promise((resolve) => setTimeout(resolve, dripMs))
        }
      }
      await passable
      into.end()
    } catch {
      // One side broke, or was reset: so is the other one. The loop has ended its own.
      await passable
      resetSocket(into)
    }
  }

  const server = createServer({ allowHalfOpen: true }, async (near) => {
    near.on('error', () => {})
    await passable
    if (isClosed) {
      near.destroy()
      return
    }
    const far = connect({ ...to, allowHalfOpen: true })
    far.on('error', () => {})
    for (const socket of [near, far]) socket.setNoDelay(true)
    pairs.set(near, far)
    near.on('close', () => pairs.delete(near))
    await Promise.all([pass(near, far), pass(far, near)])
  })
  await new Promise<void>((resolve) => server.listen(0, to.host, resolve))

  function reset(): void {
    for (const [near, far] of pairs) {
      resetSocket(near)
      far.destroy()
    }
  }

  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    count: () => pairs.size,
    set(next: ByteFaults): void {
      if (next.blackHole && !faults.blackHole) {
        const { promise, resolve } = Promise.withResolvers<void>()
        passable = promise
        openUp = resolve
      }
      if (!next.blackHole) openUp()
      faults = next
    },
    reset,
    async close() {
      isClosed = true
      openUp()
      const closed = new Promise((resolve) => server.close(resolve))
      reset()
      await closed
    },
  })
}

/**
 * Node 24's `resetAndDestroy` in the turn of the event loop in which the socket was ended fails with EINVAL, keeps the
 * socket open for ever, and the process spins when it exits. Who has said his last word is only closed.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** Also when it will never take any more, or does not already. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) {
      resolve()
      return
    }
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
