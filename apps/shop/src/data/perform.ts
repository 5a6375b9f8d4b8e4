/** Does what the user wished and says so if it was refused: a rejection by the rules, or a failure of the world. */
import { VarveError } from 'varve'
import { reasonText } from '../ui/messages.ts'
import { showToast } from '../ui/toast.tsx'

interface Refused {
  readonly ok: false
  readonly reason: string
}

/** The decision if it was taken, else null, and the user was told. */
export async function perform<Taken extends { readonly ok: true }>(
  deciding: Promise<Taken | Refused>,
): Promise<Taken | null> {
  try {
    const decided = await deciding
    if (decided.ok) return decided
    showToast(reasonText(decided.reason), { tone: 'bad' })
  } catch (error) {
    if (!(error instanceof VarveError)) throw error
    showToast([error.message, error.hint].filter(Boolean).join(' '), { tone: 'bad' })
  }
  return null
}
