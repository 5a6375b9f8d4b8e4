import { describe, expect, it } from 'vitest'
import type { RowsUpdate, Update } from '../core/query.ts'
import { postUpdates, putTogether } from './post-updates.ts'

const rows = (reset: boolean, ...changed: readonly (readonly [string, unknown])[]): RowsUpdate => ({
  kind: 'rows',
  reset,
  rows: changed,
})

describe('a subscription across the border', () => {
  it('B3 what comes within a frame is posted together, and nothing of it is lost', async () => {
    const { port1, port2 } = new MessageChannel()
    let tell: (update: Update) => void = () => undefined
    const end = postUpdates(
      {
        subscribe(_query, listener) {
          tell = listener
          return () => undefined
        },
      },
      { kind: 'status' },
      { port: port2, report: () => undefined },
    )
    const posted: Update[] = []
    const twice = new Promise<void>((resolve) => {
      port1.onmessage = ({ data }) => {
        posted.push(data)
        if (posted.length === 2) resolve()
      }
    })
    tell(rows(true, ['a', 1]))
    for (let n = 1; n <= 100; n++) tell(rows(false, [`k${n % 3}`, n]))
    await twice
    expect(posted).toEqual([rows(true, ['a', 1]), rows(false, ['k1', 100], ['k2', 98], ['k0', 99])])
    end()
    port1.close()
  })

  it('B3 the subscription ends when the page says so on its port', async () => {
    const { port1, port2 } = new MessageChannel()
    const stopped = new Promise<void>((resolve) => {
      postUpdates(
        { subscribe: () => () => resolve() },
        { kind: 'status' },
        { port: port2, report: () => undefined },
      )
    })
    port1.postMessage('end')
    await stopped
  })

  it('B24 in place of what cannot be cloned, now or after a frame, whoever watches is told so, and it is reported', async () => {
    const { port1, port2 } = new MessageChannel()
    let tell: (update: Update) => void = () => undefined
    const reported: unknown[] = []
    const end = postUpdates(
      {
        subscribe(_query, listener) {
          tell = listener
          return () => undefined
        },
      },
      { kind: 'projection', name: 'orders' },
      { port: port2, report: (thrown) => reported.push(thrown) },
    )
    const posted: Update[] = []
    const thrice = new Promise<void>((resolve) => {
      port1.onmessage = ({ data }) => {
        posted.push(data)
        if (posted.length === 3) resolve()
        else tell({ kind: 'value', value: posted.length === 1 ? () => 2 : 3 })
      }
    })
    tell({ kind: 'value', value: () => 1 })
    await thrice
    const failure = { code: 'uncloneable', message: expect.stringMatching(/orders.*=> [12]/) }
    expect(posted).toMatchObject([
      { kind: 'uncloneable', failure },
      { kind: 'uncloneable', failure },
      { kind: 'value', value: 3 },
    ])
    expect(reported).toMatchObject([failure, failure])
    end()
    port1.close()
  })

  it('B3 rows put together are the rows that the page would have had one by one', () => {
    expect(putTogether(rows(true, ['a', 1], ['b', 2]), rows(false, ['a', null], ['c', 3]))).toEqual(
      rows(true, ['b', 2], ['c', 3]),
    )
    expect(putTogether(rows(false, ['a', 1]), rows(false, ['a', null]))).toEqual(rows(false, ['a', null]))
    expect(putTogether(rows(false, ['a', 1]), rows(true))).toEqual(rows(true))
  })
})
