import { expect, it } from 'vitest'
import { failureOf } from '../testing/contracts/log-disk.ts'
import { sampleCommit, stampOf } from '../testing/contracts/log-fixtures.ts'
import { manyIds, openWithLittleRoom } from '../testing/quota.fixture.ts'
import { type ExportLine, exportStore } from './index.ts'

it('L26 L19 a store in a browser without space can be copied whole', async () => {
  const { log, indexedDB } = await openWithLittleRoom()
  const append = async (counter: number) => {
    const commits = [sampleCommit({ counter, data: manyIds() })]
    return log.appendCommits({ log: 'shop', stamp: stampOf(await log.readRecord()), commits })
  }
  let written = 0
  while ((await append(written + 1).catch((error: { code: string }) => error.code)) !== 'storage_full')
    written += 1
  expect(written).toBeGreaterThan(0)
  const text = (await Array.fromAsync(exportStore('quota', { indexedDB }))).join('')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportLine)
  const pending = await log.readOutbox('shop')
  expect(lines.flatMap((line) => (line.kind === 'pending' ? [line.commit] : []))).toEqual(pending)
  expect([pending.length, lines.at(-1)]).toEqual([written, { kind: 'end', lines: written + 3 }])
  // It is full still.
  expect(await failureOf(append(written + 1))).toBe('storage_full')
})
