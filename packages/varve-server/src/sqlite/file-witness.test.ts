import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { offer } from '../testing/server-log-contract.ts'
import { testAuthor } from '../testing/test-author.ts'
import { sqliteLog } from './sqlite-log.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'varve-witness-'))
  folders.push(folder)
  return join(folder, 'log.db')
}

/** One life of a log; what happens while it is open is passed. */
async function life(path: string, during: (path: string) => void | Promise<void> = () => {}) {
  const told: string[] = []
  const log = sqliteLog(path, { onRestored: (restored) => told.push(restored) })
  const author = testAuthor({ log: 'shop', replica: `r${(await log.head('shop'))?.position ?? 0}` })
  await log.write((tx) => offer(tx, author.commit()))
  const epochs = [await log.epochOf('shop'), await log.epochOf('later')]
  await during(path)
  await log.close()
  return { restored: told.length === 1, epochs }
}

describe('a log file that was restored', () => {
  it('V33 a backup knows that it is one, wherever it is opened, and only once', async () => {
    const path = newFile()
    const copy = join(path, '../copy.db')
    const log = sqliteLog(path)
    await log.write((tx) => tx.ensureLog('shop'))
    const [shop, later] = [await log.epochOf('shop'), await log.epochOf('later')]
    await log.backup(copy)
    await expect(log.backup(copy)).rejects.toMatchObject({ code: 'storage_failed' })
    await log.close()
    const first = await life(copy)
    expect(first.restored).toBe(true)
    expect(new Set([...first.epochs, shop, later]).size).toBe(4)
    expect(await life(copy)).toEqual({ ...first, restored: false })
    expect((await life(path)).epochs).toEqual([shop, later])
  })

  it('V33 a file that was put back as it was, a life ago or many, at rest or in use, has new epochs', async () => {
    const path = newFile()
    const atRest = `${path}.at-rest`
    const inUse = `${path}.in-use`
    const before = await life(path)
    copyFileSync(path, atRest)
    // Not with fs: closing a descriptor of the file in this process would drop its lock.
    const used = await life(path, () => {
      for (const end of ['', '-wal']) spawnSync('cp', [path + end, inUse + end])
    })
    expect(used).toEqual({ ...before, restored: false })

    const seen = new Set(before.epochs)
    const expectNoticed = async (copy: string) => {
      for (const end of ['', '-wal']) if (existsSync(copy + end)) copyFileSync(copy + end, path + end)
      const after = await life(path)
      expect(after.restored).toBe(true)
      for (const epoch of after.epochs) expect(seen.has(epoch)).toBe(false)
      for (const epoch of after.epochs) seen.add(epoch)
      expect(await life(path)).toEqual({ ...after, restored: false })
    }
    await expectNoticed(inUse)
    await expectNoticed(atRest)
    await expectNoticed(atRest)
  })

  it('V33 a file of a program that knew no witness, put back, is noticed too', async () => {
    const path = newFile()
    const before = await life(path)
    const db = new DatabaseSync(path)
    db.exec("DELETE FROM meta WHERE key IN ('mark', 'markBefore')")
    db.close()
    const after = await life(path)
    expect(after.restored).toBe(true)
    expect(after.epochs).not.toEqual(before.epochs)
  })

  it('V33 no restore is seen where there was none: a new file, no witness, one that a crash left behind', async () => {
    const path = newFile()
    const witness = `${path}.witness`
    writeFileSync(witness, 'of a file that was deleted')
    const first = await life(path)
    expect(first.restored).toBe(false)
    rmSync(witness)
    expect(await life(path)).toEqual(first)
    // The file has its new mark, and the process dies before the witness has it, at an opening and at a closing.
    copyFileSync(witness, `${witness}.old`)
    expect(await life(path, () => copyFileSync(witness, `${witness}.opened`))).toEqual(first)
    copyFileSync(`${witness}.opened`, witness)
    expect(await life(path, () => copyFileSync(witness, `${witness}.opened`))).toEqual(first)
    expect(await life(path)).toEqual(first)
  })
})
