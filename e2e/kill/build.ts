/** Builds the page that is killed, with barriers that hold; for a negative control with some source changed. */
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'

/** A place in the sources of varve, and what is built instead. */
export interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Text by path. */
export type Built = ReadonlyMap<string, string>

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Each page that is applied is saved in a snapshot: no life here is long enough else. */
const snapshotsOften: Change = {
  file: 'engine/engine.ts',
  from: 'snapshotEvery = 500',
  to: 'snapshotEvery = 1',
}

/** A leader's tenth look at the disk would join what waits behind it to one append, if it came while the database is held. */
const neverLooks: Change = {
  file: 'sync/lead.ts',
  from: 'lookEveryBeats = 10',
  to: 'lookEveryBeats = 1_000_000',
}

export async function buildPage(defects: readonly Change[] = []): Promise<Built> {
  const changes = [snapshotsOften, neverLooks, ...defects]
  const used = new Set<Change>()
  const plugins = (): Plugin[] => [holdBarriers(), applyChanges(changes, used)]
  const result = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'warn',
    plugins: plugins(),
    worker: { format: 'es', plugins },
    build: {
      write: false,
      minify: false,
      target: 'es2024',
      modulePreload: { polyfill: false },
      rolldownOptions: { input: here('page.ts'), output: { entryFileNames: 'page.js' } },
    },
  })
  const missed = changes.find((change) => !used.has(change))
  if (missed !== undefined)
    throw new Error(`${missed.file} has changed: there is no "${missed.from}" any more.`)
  const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
  const html = '<!doctype html><title>room</title><script type="module" src="/page.js"></script>'
  return new Map([
    ['/', html],
    ...outputs.map(
      (one) => [`/${one.fileName}`, one.type === 'chunk' ? one.code : String(one.source)] as const,
    ),
  ])
}

function holdBarriers(): Plugin {
  return {
    name: 'hold-barriers',
    enforce: 'pre',
    resolveId: (id) => (/(^|\/)barrier\.ts$/.test(id) ? here('held-barrier.ts') : undefined),
  }
}

function applyChanges(changes: readonly Change[], used: Set<Change>): Plugin {
  return {
    name: 'apply-changes',
    enforce: 'pre',
    transform(code, id) {
      let changed = code
      for (const change of changes.filter(({ file }) => id.endsWith(file))) {
        if (changed.split(change.from).length !== 2) continue
        changed = changed.replace(change.from, () => change.to)
        used.add(change)
      }
      return changed === code ? undefined : changed
    },
  }
}
