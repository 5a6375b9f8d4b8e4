import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { wishJournalContract } from '../testing/contracts/wish-journal-contract.ts'
import { openDexieWishJournal } from './dexie-wish-journal.ts'
import { memoryWishJournal, type SavedWish } from './wish-journal.ts'

const api = { describe, it, expect }

describe('the wish journal in memory', () =>
  wishJournalContract(api, async () => {
    const wishes = new Map<string, SavedWish>()
    return () => memoryWishJournal(wishes)
  }))

describe('the wish journal on a stand-in for IndexedDB', () =>
  wishJournalContract(api, async () => {
    const indexedDB = new IDBFactory()
    return () => openDexieWishJournal({ name: 'test', indexedDB, IDBKeyRange })
  }))
