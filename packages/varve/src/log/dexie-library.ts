/**
 * Dexie, of which this is the only import. `import 'dexie'` leads to its build for old browsers, in one piece and with
 * helpers that ours do not need: this one is 2 kB smaller, compressed. An app that uses Dexie itself has a second copy;
 * they do not meet, for each opens its own databases.
 */
import type { Dexie as DexieType } from 'dexie'
// @ts-expect-error This build comes without types: they are those of the package.
import { Dexie as ModernDexie } from 'dexie/dist/modern/dexie.mjs'

export const Dexie: typeof DexieType = ModernDexie
export type Dexie = DexieType
export type { Table, Transaction } from 'dexie'
