/**
 * Watches the status chip of every page of a device all the time and compares it with what is in IndexedDB. It runs in
 * the page, beside the app, and reports to the test; a reload starts it again.
 *
 * A lie is the chip saying "All saved", without a pause, while one and the same commit is in the outbox for longer
 * than `graceMs`: the time that a change may take from the disk to the screen.
 */
import type { BrowserContext } from '@playwright/test'

export interface Lie {
  readonly dot: string
  readonly text: string
  readonly forMs: number
}

export interface StatusWitness {
  readonly lies: readonly Lie[]
  /** How often it looked, and how often "All saved" was on the screen then. */
  readonly looks: number
  readonly looksSaved: number
  /** All that the chip said, in order, each once in a row. */
  readonly texts: readonly string[]
  /** The longest that a commit was in the outbox under an "All saved" without being called a lie. */
  readonly delayMsMax: number
}

type Report =
  | { readonly type: 'looks'; readonly looks: number; readonly looksSaved: number; readonly delayMs: number }
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'lie' } & Lie)

const graceMs = 300
const lookEveryMs = 80
const looksPerReport = 5

export async function watchStatus(context: BrowserContext): Promise<StatusWitness> {
  const lies: Lie[] = []
  const texts: string[] = []
  let looks = 0
  let looksSaved = 0
  let delayMsMax = 0
  await context.exposeBinding('__tellStatus', (_source, report: Report) => {
    if (report.type === 'text') {
      if (texts.at(-1) !== report.text) texts.push(report.text)
    } else if (report.type === 'lie') lies.push({ dot: report.dot, text: report.text, forMs: report.forMs })
    else {
      looks += report.looks
      looksSaved += report.looksSaved
      delayMsMax = Math.max(delayMsMax, report.delayMs)
    }
  })
  await context.addInitScript(watchInPage, { graceMs, lookEveryMs, looksPerReport })
  return {
    lies,
    texts,
    get looks() {
      return looks
    },
    get looksSaved() {
      return looksSaved
    },
    get delayMsMax() {
      return delayMsMax
    },
  }
}

/** Runs in the page; may use nothing from around it. */
function watchInPage(limits: { graceMs: number; lookEveryMs: number; looksPerReport: number }): void {
  if (window !== window.top) return
  const { graceMs, lookEveryMs, looksPerReport } = limits
  const tell = (report: unknown) =>
    (window as unknown as { __tellStatus(report: unknown): void }).__tellStatus(report)
  const chipOf = () => document.querySelector('button[popovertarget="status-details"]')
  const chipText = () => {
    const chip = chipOf()
    const shown = [...(chip?.children ?? [])].filter((part) => part.checkVisibility())
    const words = shown.map(({ textContent }) => textContent).filter((text) => text !== '')
    return words.join(' ').replace(/ Details$/, '')
  }
  const claims = (text: string) => text.startsWith('All saved')
  const databases = new Map<string, IDBDatabase>()
  const open = async (name: string): Promise<IDBDatabase | null> => {
    const known = databases.get(name)
    if (known !== undefined) return known
    const all = await indexedDB.databases()
    // To open one that is not there, or not yet made, would make it.
    if (!all.some((each) => each.name === name && (each.version ?? 0) >= 1)) return null
    return new Promise((resolve) => {
      const opening = indexedDB.open(name)
      opening.onerror = () => resolve(null)
      opening.onsuccess = () => {
        const database = opening.result
        databases.set(name, database)
        database.onversionchange = database.onclose = () => {
          database.close()
          databases.delete(name)
        }
        resolve(database)
      }
    })
  }
  const readAll = async (name: string, table: string) => {
    const from = await open(name)
    if (from === null || !from.objectStoreNames.contains(table)) return []
    return new Promise<Record<string, string>[]>((resolve, reject) => {
      const reading = from.transaction(table, 'readonly').objectStore(table).getAll()
      reading.onerror = () => reject(reading.error)
      reading.onsuccess = () => resolve(reading.result)
    })
  }
  const readOutbox = async (): Promise<string[]> => {
    const [session] = await readAll('varve-shop.session', 'session')
    const rows = await readAll(`varve:shop-${session?.userId}`, 'outbox')
    return rows
      .flatMap(({ text }) => JSON.parse(text ?? '[]'))
      .map(({ log, dot }) => `${log} ${dot.replica} ${dot.counter}`)
  }

  let last = ''
  let lastWhole = ''
  /** When "All saved" came to the screen, and since when each commit was seen beneath it. */
  let sinceByDot = new Map<string, number>()
  const notice = () => {
    lastWhole = chipOf()?.textContent ?? ''
    const text = chipText()
    if (text === last) return
    last = text
    if (!claims(text)) sinceByDot = new Map()
    if (text !== '') tell({ type: 'text', text })
  }
  // To ask what of it is visible makes the browser lay out the page, for each change of anything.
  const noticeChange = () => {
    if ((chipOf()?.textContent ?? '') !== lastWhole) notice()
  }
  new MutationObserver(noticeChange).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
  })

  let looks = 0
  let looksSaved = 0
  let delayMs = 0
  const look = async () => {
    notice()
    const text = last
    looks += 1
    if (claims(text)) {
      looksSaved += 1
      const dots = await readOutbox()
      notice()
      if (claims(last)) {
        const now = performance.now()
        const before = sinceByDot
        sinceByDot = new Map(dots.map((dot) => [dot, before.get(dot) ?? now]))
        for (const [dot, since] of sinceByDot) {
          const forMs = now - since
          if (forMs > graceMs) {
            tell({ type: 'lie', dot, text, forMs })
            sinceByDot.set(dot, Number.POSITIVE_INFINITY)
          } else delayMs = Math.max(delayMs, forMs)
        }
      }
    }
    if (looks < looksPerReport) return
    tell({ type: 'looks', looks, looksSaved, delayMs })
    looks = looksSaved = delayMs = 0
  }
  const loop = () => {
    // A transaction may fail while the page goes away or a database does; the next look finds out.
    look()
      .catch(() => undefined)
      .finally(() => setTimeout(loop, lookEveryMs))
  }
  loop()
}
