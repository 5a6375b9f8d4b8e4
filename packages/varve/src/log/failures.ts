/** The failures of a log, in words: the closed set that a caller of the port meets, besides defects. */
import { VarveError } from '../core/errors.ts'

export type GoneCode = 'store_gone' | 'store_newer'

export const failures = {
  closed: () => new VarveError('closed', 'The log was closed.'),
  gone: () =>
    new VarveError('store_gone', 'The store is no longer in this browser.', {
      hint: 'Site data was cleared or the database was deleted. Reload the app: what the server has is fetched.',
    }),
  newer: () =>
    new VarveError('store_newer', 'The store was written by a newer version of the program.', {
      hint: 'Reload to get the newer version. Nothing is lost.',
    }),
  full: (cause: unknown) =>
    new VarveError('storage_full', 'The browser has no space left for this site.', {
      cause,
      hint: 'Nothing was written. Free some space on the device; no reload is needed.',
    }),
  failed: (cause: unknown) =>
    new VarveError('storage_failed', 'The browser could not read or write its database.', {
      cause,
      hint: 'Nothing was written. The next call opens the database anew.',
    }),
} as const

export function goneFailure(code: GoneCode): VarveError {
  return code === 'store_gone' ? failures.gone() : failures.newer()
}
