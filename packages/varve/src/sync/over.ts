/** Failures after which a store writes no more and says so in its status: whoever meets one cannot lead. */
import { VarveError } from '../core/errors.ts'

const overCodes: ReadonlySet<string> = new Set(['store_gone', 'store_newer', 'store_rolled_back'])

export function isOver(error: unknown): boolean {
  return error instanceof VarveError && isOverCode(error.code)
}

export function isOverCode(code: string): boolean {
  return overCodes.has(code)
}
