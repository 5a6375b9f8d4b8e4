/** A process of its own that opens a log file, writes one commit and holds the file until it is killed. */
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import { testAuthor } from './test-author.ts'

const log = sqliteLog(process.argv[2] ?? '')
const commit = testAuthor({ log: 'shop', replica: 'a' }).commit()
await log.write(async (tx) => {
  await tx.ensureLog('shop')
  const { history } = await tx.facts(commit, new Set())
  await tx.place({ commit, history, outcome: commit.content, principal: 'ann', time: 1 })
})
process.stdout.write('held\n')
setInterval(() => {}, 1_000)
