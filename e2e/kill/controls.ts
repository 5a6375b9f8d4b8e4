/** Workers with a defect, each by a change of the sources: what the judge must find. */
import type { Change } from './build.ts'

/** The log takes a write for done when its last request has succeeded, before the transaction is. */
export const answersEarly: readonly Change[] = [
  {
    file: 'log/dexie-connection.ts',
    from: 'const result = await database.transaction(mode, [...tables], async ({ idbtrans }) => {',
    to: 'const result = await new Promise<T>((resolve, reject) => database.transaction(mode, [...tables], async ({ idbtrans }) => {',
  },
  {
    file: 'log/dexie-connection.ts',
    from: "barrier('before the commit', [mode, tables])\n        return done\n      })",
    to: "barrier('before the commit', [mode, tables])\n        resolve(done)\n      }).catch(reject))",
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
    from: 'connection?.send(encode(output.message))',
    to: "if (output.message.type !== 'push') connection?.send(encode(output.message))",
  },
]
