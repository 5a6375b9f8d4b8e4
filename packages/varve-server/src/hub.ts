/**
 * The open logs: where their heads are, who follows them, and their pages ready to send.
 *
 * A page is encoded once and its bytes are sent to all who stand at the same position; encoded pages are dropped when
 * their log moves, and all of them when they have become too many. Nothing is queued for a follower: each is told that the log
 * moved, and takes pages when it has room (see subscription.ts), so a slow one costs nothing.
 */
import type { LogId, Position } from 'varve/core'
import type { ServerLimits } from './limits.ts'
import type { ServerLog } from './log-port.ts'

export interface Page {
  /** A whole `entries` frame. */
  readonly frame: Buffer
  readonly last: Position
}

export interface OpenLog {
  readonly epoch: string
  readonly head: Position
}

export interface Hub {
  /** Keeps the log's head in memory until as many `release` calls. A log that nobody has written to is empty. */
  open(log: LogId): Promise<OpenLog>
  release(log: LogId): void
  /** Of an open log. */
  head(log: LogId): Position
  epoch(log: LogId): string
  /** To be told after each write that placed something. */
  moved(log: LogId, head: Position): void
  /** Calls `listener` when the log has moved; returns the way to stop. */
  follow(log: LogId, listener: () => void): () => void
  /** Entries after a position of an open log, at most `max`; null at its head. */
  page(log: LogId, after: Position, max: number): Promise<Page | null>
}

interface Kept {
  epoch: string
  head: Position
  users: number
  readonly followers: Set<() => void>
  readonly pages: Map<string, Slot>
}

interface Slot {
  readonly page: Promise<Page | null>
  bytes: number
}

export function createHub(
  log: ServerLog,
  limits: Pick<ServerLimits, 'pageEntriesMax' | 'pageCharsMax' | 'pageCacheBytesMax'>,
): Hub {
  const open = new Map<LogId, Kept>()
  let cachedBytes = 0

  async function openLog(name: LogId): Promise<OpenLog> {
    const kept = open.get(name)
    if (kept !== undefined) {
      kept.users += 1
      return kept
    }
    // Whoever only reads must leave no trace of all the logs that they name.
    const found = (await log.head(name)) ?? { epoch: await log.epochOf(name), position: 0 }
    const raced = open.get(name)
    if (raced !== undefined) {
      raced.users += 1
      return raced
    }
    const fresh: Kept = {
      epoch: found.epoch,
      head: found.position,
      users: 1,
      followers: new Set(),
      pages: new Map(),
    }
    open.set(name, fresh)
    // The log may have moved between the read and this line, when nobody listened yet.
    moved(name, (await log.head(name))?.position ?? fresh.head)
    return fresh
  }

  function release(name: LogId): void {
    const kept = open.get(name)
    if (kept === undefined) return
    kept.users -= 1
    if (kept.users > 0) return
    open.delete(name)
    forgetPages(kept)
  }

  function moved(name: LogId, head: Position): void {
    const kept = open.get(name)
    // Two writes of one group resolve one after the other: the later head may be told first.
    if (kept === undefined || head <= kept.head) return
    kept.head = head
    forgetPages(kept)
    for (const listener of kept.followers) listener()
  }

  function follow(name: LogId, listener: () => void): () => void {
    const followers = open.get(name)?.followers
    followers?.add(listener)
    return () => followers?.delete(listener)
  }

  function page(name: LogId, after: Position, max: number): Promise<Page | null> {
    const kept = open.get(name)
    if (kept === undefined || after >= kept.head) return Promise.resolve(null)
    const count = Math.min(max, limits.pageEntriesMax, kept.head - after)
    const key = `${after}:${count}`
    const cached = kept.pages.get(key)
    if (cached !== undefined) return cached.page
    const slot: Slot = { page: makePage(name, kept, { after, count }), bytes: 0 }
    kept.pages.set(key, slot)
    slot.page.then(
      (ready) => {
        if (kept.pages.get(key) !== slot) return
        slot.bytes = ready?.frame.length ?? 0
        cachedBytes += slot.bytes
        if (cachedBytes > limits.pageCacheBytesMax) for (const each of open.values()) forgetPages(each)
      },
      // Whoever asked is told; the next one may have more luck.
      () => kept.pages.delete(key),
    )
    return slot.page
  }

  async function makePage(
    name: LogId,
    kept: Kept,
    { after, count }: { readonly after: Position; readonly count: number },
  ) {
    const texts = await log.entryTexts(name, after, { max: count, charsMax: limits.pageCharsMax })
    if (texts.length === 0) return null
    const opening = `{"type":"entries","log":${JSON.stringify(name)},"epoch":${JSON.stringify(kept.epoch)},"entries":[`
    const frame = Buffer.from(`${opening}${texts.join(',')}],"head":${kept.head}}`)
    return { frame, last: after + texts.length }
  }

  function forgetPages({ pages }: Kept): void {
    for (const { bytes } of pages.values()) cachedBytes -= bytes
    pages.clear()
  }

  return Object.freeze({
    open: openLog,
    release,
    head: (name: LogId) => open.get(name)?.head ?? 0,
    epoch: (name: LogId) => open.get(name)?.epoch ?? '',
    moved,
    follow,
    page,
  })
}
