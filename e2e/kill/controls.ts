/** Workers with a defect, each by a change of the sources: what the judge must find. */
import type { Change } from './build.ts'

/** The log takes a write for done when its last request has succeeded, before the transaction is. */
export const answersEarly: readonly Change[] = [
  {
    file: 'log/write-transaction.ts',
    from: "const result = await database.transaction('rw', [...tables], async (transaction) => {",
    to: "const result = await new Promise<T>((resolve, reject) => database.transaction('rw', [...tables], async (transaction) => {",
  },
  {
    file: 'log/write-transaction.ts',
    from: "barrier('before the commit', name)\n    return done\n  })",
    to: "barrier('before the commit', name)\n    resolve(done)\n    return done\n  }).catch(reject))",
  },
]

/** An append writes its commits in one strict transaction, and in the next that their names were given away. */
export const writesTwice: readonly Change[] = [
  {
    file: 'log/dexie.ts',
    from: `      return write({ name: 'appendCommits', tables }, request, async (database, before) => {
        const head = headAfterAppend(before, request)
        await addOutboxRows(database, { log: head.log, seq: head.outboxRevision, pages })
`,
    to: `      await connection.write({ name: 'appendCommits', tables: ['meta', ...tables] }, async (database) => {
        const head = headAfterAppend(mustHead(await mustStore(database), request.log), request)
        await addOutboxRows(database, { log: head.log, seq: head.outboxRevision, pages })
      })
      barrier('between two transactions')
      return write({ name: 'appendCommits', tables }, request, async (database, before) => {
        const head = headAfterAppend(before, request)
`,
  },
]

/** Nothing is ever sent, and nothing is said to wait. */
export const claimsTooMuch: readonly Change[] = [
  {
    file: 'engine/status.ts',
    from: "reported === 'synced' && !allHere ? 'syncing' : reported",
    to: "reported === 'syncing' ? 'synced' : reported",
  },
  { file: 'engine/status.ts', from: '    pending,\n    withdrawn', to: '    pending: 0,\n    withdrawn' },
  {
    file: 'sync/lead.ts',
    from: 'connection?.send(encode(message))',
    to: "if (message.type !== 'push') connection?.send(encode(message))",
  },
]
