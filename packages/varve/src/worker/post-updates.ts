/**
 * One subscription across the border: posts the updates of a query to its port, at most once per frame.
 *
 *   first update ──▸ posted at once ──▸ (16 ms) ──▸ what came meanwhile, put together ──▸ (16 ms) …
 *
 * Putting together loses nothing: of values the last one counts, rows are merged by key, fates are appended. The page
 * ends it by any message on the port (the `close` event of a port is young, and missing in some browsers).
 */
import type { FatesUpdate, Query, RowsUpdate, Update } from '../core/query.ts'
import type { Host } from './contract.ts'
import { uncloneable } from './uncloneable.ts'

export const frameMs = 16

export interface Posting {
  readonly port: MessagePort
  readonly report: (thrown: unknown) => void
  readonly onEnd?: () => void
}

export function postUpdates(
  host: Pick<Host, 'subscribe'>,
  query: Query,
  { port, report, onEnd }: Posting,
): () => void {
  let waiting: Update | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let isOver = false

  const post = (update: Update): void => {
    try {
      port.postMessage(update)
    } catch (thrown) {
      // A DataCloneError or, if a getter throws, whatever the application threw.
      port.postMessage(uncloneable(query, thrown, report))
    }
    timer = setTimeout(() => {
      timer = null
      const next = waiting
      waiting = null
      if (next !== null) post(next)
    }, frameMs)
  }
  const stop = host.subscribe(query, (update) => {
    if (isOver) return
    if (timer === null) post(update)
    else waiting = waiting === null ? update : putTogether(waiting, update)
  })
  const end = (): void => {
    if (isOver) return
    isOver = true
    if (timer !== null) clearTimeout(timer)
    stop()
    port.close()
    onEnd?.()
  }
  port.onmessage = end
  port.addEventListener('close', end)
  return end
}

export function putTogether(earlier: Update, later: Update): Update {
  if (earlier.kind === 'rows' && later.kind === 'rows') return mergeRows(earlier, later)
  if (earlier.kind === 'fates' && later.kind === 'fates') return appendFates(earlier, later)
  return later
}

function mergeRows(earlier: RowsUpdate, later: RowsUpdate): RowsUpdate {
  if (later.reset) return later
  const rows = [...new Map([...earlier.rows, ...later.rows])]
  // Among all rows, one that went has no place.
  return {
    kind: 'rows',
    reset: earlier.reset,
    rows: earlier.reset ? rows.filter(([, row]) => row !== null) : rows,
  }
}

function appendFates(earlier: FatesUpdate, later: FatesUpdate): FatesUpdate {
  return { kind: 'fates', fates: [...earlier.fates, ...later.fates] }
}
