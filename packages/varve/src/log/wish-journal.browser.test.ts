import { describe, expect, it } from 'vitest'
import { wishJournalContract } from '../testing/contracts/wish-journal-contract.ts'
import { openDexieWishJournal } from './dexie-wish-journal.ts'

describe('the wish journal in a browser', () =>
  wishJournalContract({ describe, it, expect }, async () => {
    const name = `journal-${crypto.randomUUID()}`
    return () => openDexieWishJournal({ name })
  }))
