/** A sync server of this run's own, kept by whoever served the page (server/rooms.ts). */
import { Skipped } from './runner.ts'

export interface Room {
  /** Of the WebSocket; stays the same when the server is closed and opened again. */
  readonly server: string
  /** Ends the server; its log stays. */
  close(): Promise<void>
  /** Starts it again on the same address and log. */
  open(): Promise<void>
}

/** Fails with Skipped where the page is served by something else. */
export async function openRoom(): Promise<Room> {
  const answer = await fetch('/rooms', { method: 'POST' }).catch(() => null)
  if (answer?.headers.get('content-type') !== 'application/json') {
    throw new Skipped(
      'There is no sync server behind this page: serve it with "npm run conformance -- --serve".',
    )
  }
  const { room, server } = (await answer.json()) as { readonly room: string; readonly server: string }
  const order = async (what: 'open' | 'close'): Promise<void> => {
    const { ok } = await fetch(`/rooms/${room}/${what}`, { method: 'POST' })
    if (!ok) throw new Error(`The server could not be told to ${what}.`)
  }
  return { server, close: () => order('close'), open: () => order('open') }
}
