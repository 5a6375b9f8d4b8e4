/** What Web Locks add to the contract of the Locks port: a holder that ends without a word leaves its lock. */
import { webLocks } from '../../sync/browser-ports.ts'
import type { TestApi } from './log-disk.ts'

const never = new AbortController().signal

export function webLocksContract({ it, expect }: TestApi): void {
  it('Y10 a lock passes on when the worker that holds it is terminated', async () => {
    const name = newName()
    const script = `navigator.locks.request('${name}', () => { postMessage(0); return new Promise(() => {}) })`
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    const worker = new Worker(url)
    try {
      await new Promise((resolve, reject) => {
        worker.onmessage = resolve
        worker.onerror = reject
      })
      expect(await passesOn(name, () => worker.terminate())).toEqual({ before: false, after: true })
    } finally {
      worker.terminate()
      URL.revokeObjectURL(url)
    }
  })

  it('Y10 a lock passes on when the page that holds it is gone', async () => {
    const name = newName()
    const frame = document.createElement('iframe')
    frame.srcdoc = '<!doctype html>'
    frame.hidden = true
    const loaded = new Promise((resolve) => {
      frame.onload = resolve
    })
    document.body.append(frame)
    try {
      await loaded
      const held = Promise.withResolvers<void>()
      frame.contentWindow?.navigator.locks.request(name, () => {
        held.resolve()
        return new Promise(() => undefined)
      })
      await held.promise
      expect(await passesOn(name, () => frame.remove())).toEqual({ before: false, after: true })
    } finally {
      frame.remove()
    }
  })
}

/** Whether this page got the lock before and after the end of its holder. */
async function passesOn(name: string, end: () => void): Promise<{ before: boolean; after: boolean }> {
  let isHeld = false
  const turn = webLocks.withLock(
    name,
    async () => {
      isHeld = true
    },
    never,
  )
  // The answer to a question asked later: by then the lock would have been granted, had it been free.
  await navigator.locks.query()
  const before = isHeld
  end()
  await turn
  return { before, after: isHeld }
}

function newName(): string {
  return `web-locks-contract-${crypto.randomUUID()}`
}
