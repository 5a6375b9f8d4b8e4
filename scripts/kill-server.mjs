// Kills a server over and over: `npm run kill:server -- --rounds 100 --from 1`. Each round is a file of its own and some
// lives of a server on it, each ended at a barrier or a system call that the seed has drawn. A failing round prints what
// went wrong and the command that runs it again (the draw is the same, the timing is the machine's); the last line is
// the count.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../packages/varve/src/testing/seeded-random.ts'
import { barriers } from '../packages/varve-server/src/testing/barriers.fixture.ts'
import { killServer } from '../packages/varve-server/src/testing/kill-server.fixture.ts'
import { hasStrace, killAtCall } from '../packages/varve-server/src/testing/strace.fixture.ts'
import { campaignOptions } from './campaign-options.mjs'
import { ensureTools } from './tools.mjs'

const usage = `Kills a server (SIGKILL) at places around its writes while clients go on, and looks what became of it.

  --rounds N   how many files (20)
  --from S     the first seed (1)
  --lives N    lives of the server on one file (12)
  --help`

const { rounds, from, lives } = campaignOptions(usage, { rounds: 20, from: 1, lives: 12 })
const nthMax = 12
const callMax = 80
ensureTools(['strace'], console.log)
const isTraced = hasStrace()
if (!isTraced)
  console.log('skipped: kills at system calls, for there is no strace here that may look at a process')
const folder = mkdtempSync(join(tmpdir(), 'varve-kill-'))
let passed = 0
let killed = 0
try {
  for (let seed = from; seed < from + rounds; seed++) {
    const random = seededRandom(seed)
    const drawn = Array.from({ length: lives }, () =>
      isTraced && random.chance(0.3)
        ? { under: killAtCall('pwrite64,fdatasync,fsync,ftruncate,unlink', 1 + random.below(callMax)) }
        : { barrier: random.pick(barriers), nth: 1 + random.below(nthMax) },
    )
    const file = join(folder, `${seed}.db`)
    const result = await killServer({ file, seed, lives: drawn })
    killed += result.killed
    if (result.faults.length === 0) passed += 1
    else {
      console.error(`seed ${seed}:\n  ${result.faults.join('\n  ')}`)
      console.error(`  replay: npm run kill:server -- --from ${seed} --rounds 1 --lives ${lives}`)
    }
    for (const end of ['', '-wal', '-shm', '.mail']) rmSync(file + end, { force: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${killed} kills of ${rounds * lives} lives; the others had nothing left to do first`)
console.log(`${passed} passed, ${rounds - passed} failed`)
process.exitCode = passed === rounds ? 0 : 1
