import { describe, expect, it } from 'vitest'
import type { History } from './history.ts'
import { runHistory } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

/** Histories that failed once, as they were made short; and what they found. */
const kept: readonly { readonly found: string; readonly history: History }[] = [
  {
    found: 'a page was stored and said to have failed: the other tabs never heard of it',
    history: {
      seed: 1457,
      devices: [
        { tabs: 2, skewMs: -82811254236, latencyMs: 160 },
        { tabs: 1, skewMs: -191153082484, latencyMs: 36 },
        { tabs: 1, skewMs: -114495134927, latencyMs: 82 },
      ],
      actions: [
        { id: 28, atMs: 5101, kind: 'openTab', device: 2, seed: 1146216600 },
        { id: 34, atMs: 6031, kind: 'wish', device: 2, seed: 2002300843 },
        { id: 35, atMs: 6061, kind: 'quota', device: 2, seed: 685814395 },
        { id: 36, atMs: 6251, kind: 'cancel', device: 1, seed: 265812185 },
      ],
    },
  },
  {
    found: 'a log was healed and that was said to have failed: the next try read beyond its end',
    history: {
      seed: 2009,
      devices: [
        { tabs: 1, skewMs: 150027998380, latencyMs: 15 },
        { tabs: 1, skewMs: -288356379004, latencyMs: 4 },
        { tabs: 2, skewMs: 0, latencyMs: 19 },
      ],
      actions: [
        { id: 14, atMs: 2109, kind: 'serverRestore', device: 1, seed: 1746338235 },
        { id: 17, atMs: 2520, kind: 'wish', device: 1, seed: 2094770946 },
        { id: 18, atMs: 2571, kind: 'quota', device: 0, seed: 633604356 },
        { id: 24, atMs: 3866, kind: 'serverRestore', device: 2, seed: 402211711 },
        { id: 25, atMs: 3980, kind: 'wish', device: 2, seed: 1156514329 },
        { id: 32, atMs: 5053, kind: 'openTab', device: 0, seed: 1558618500 },
        { id: 39, atMs: 6120, kind: 'wish', device: 0, seed: 962603840 },
      ],
    },
  },
  {
    found: 'a leader died between its write and its word: the other tabs never heard of it',
    history: {
      seed: 151,
      devices: [
        { tabs: 2, skewMs: 0, latencyMs: 239 },
        { tabs: 1, skewMs: -195226121752, latencyMs: 248 },
        { tabs: 1, skewMs: 0, latencyMs: 19 },
      ],
      actions: [
        { id: 5, atMs: 1236, kind: 'crashTab', device: 0, seed: 247713301 },
        { id: 9, atMs: 1744, kind: 'wish', device: 0, seed: 452279198 },
        { id: 10, atMs: 1831, kind: 'openTab', device: 0, seed: 1215566205 },
        { id: 14, atMs: 2287, kind: 'wish', device: 2, seed: 45541344 },
        { id: 18, atMs: 2782, kind: 'wish', device: 0, seed: 1649559724 },
        { id: 22, atMs: 3303, kind: 'crashTab', device: 0, seed: 1768951614 },
        { id: 25, atMs: 3803, kind: 'wish', device: 0, seed: 554647894 },
        { id: 29, atMs: 4595, kind: 'cut', device: 0, seed: 181281813 },
      ],
    },
  },
  {
    found: 'the same, and before the next try the server was asked about what is no longer there',
    history: {
      seed: 21031,
      devices: [
        { tabs: 1, skewMs: -138110715218, latencyMs: 159 },
        { tabs: 2, skewMs: 0, latencyMs: 97 },
        { tabs: 2, skewMs: 30868389794, latencyMs: 15 },
      ],
      actions: [
        { id: 1, atMs: 543, kind: 'serverRestore', device: 0, seed: 1761666655 },
        { id: 4, atMs: 732, kind: 'wish', device: 1, seed: 872654354 },
        { id: 31, atMs: 4804, kind: 'quota', device: 1, seed: 767390891 },
        { id: 39, atMs: 6084, kind: 'wish', device: 2, seed: 325438608 },
      ],
    },
  },
  {
    found:
      'a profile that was set back gave a name away twice, while its leader could get no new one: a wish that was lost was taken for another one of that name',
    history: {
      seed: 3734,
      devices: [
        { tabs: 2, skewMs: 80218899961, latencyMs: 156 },
        { tabs: 1, skewMs: 175503354970, latencyMs: 34 },
      ],
      actions: [
        { id: 3, atMs: 447, kind: 'abort', device: 1, seed: 212449311 },
        { id: 4, atMs: 740, kind: 'rollback', device: 1, seed: 1964026795 },
        { id: 11, atMs: 1614, kind: 'wish', device: 1, seed: 442732878 },
        { id: 12, atMs: 1743, kind: 'rollback', device: 1, seed: 1755578047 },
        { id: 14, atMs: 1856, kind: 'cancel', device: 1, seed: 1734905214 },
        { id: 17, atMs: 2042, kind: 'wish', device: 0, seed: 1209666993 },
        { id: 18, atMs: 2321, kind: 'wish', device: 1, seed: 1656139942 },
        { id: 39, atMs: 5186, kind: 'cut', device: 1, seed: 757778716 },
      ],
    },
  },
  {
    found:
      'a profile was copied while it had something pending under a name that it had given away before: both copies brought the wish, and one was withdrawn',
    history: {
      seed: 4622,
      devices: [
        { tabs: 1, skewMs: 0, latencyMs: 3 },
        { tabs: 1, skewMs: 0, latencyMs: 154 },
      ],
      actions: [
        { id: 0, atMs: 341, kind: 'wish', device: 0, seed: 1533768538 },
        { id: 2, atMs: 423, kind: 'rollback', device: 1, seed: 1532570595 },
        { id: 6, atMs: 885, kind: 'wish', device: 1, seed: 424198202 },
        { id: 8, atMs: 1042, kind: 'wish', device: 1, seed: 116328370 },
        { id: 15, atMs: 1932, kind: 'abort', device: 1, seed: 753822276 },
        { id: 16, atMs: 2196, kind: 'wish', device: 0, seed: 1462228510 },
        { id: 22, atMs: 2692, kind: 'wish', device: 1, seed: 1074507029 },
        { id: 23, atMs: 2696, kind: 'crashTab', device: 0, seed: 1831744143 },
        { id: 37, atMs: 4984, kind: 'clone', device: 1, seed: 1345094506 },
      ],
    },
  },
  {
    found:
      'a timer that a tab had forgotten while it was frozen rang when it woke, and a leader said what a follower hears',
    history: {
      seed: 1000559,
      devices: [
        { tabs: 1, skewMs: -138314023154, latencyMs: 107 },
        { tabs: 2, skewMs: -205900104618, latencyMs: 11 },
        { tabs: 1, skewMs: 0, latencyMs: 352 },
      ],
      actions: [
        { id: 20, atMs: 3585, kind: 'partition', device: 2, seed: 532447393 },
        { id: 26, atMs: 4694, kind: 'freeze', device: 1, seed: 1208022348 },
        { id: 27, atMs: 4971, kind: 'steal', device: 1, seed: 406816125 },
        { id: 28, atMs: 5218, kind: 'wish', device: 0, seed: 1598498268 },
      ],
    },
  },
  {
    found:
      'a copied machine could not take another name for want of room, and gave away one that stood in its log',
    history: {
      seed: 100295,
      devices: [
        { tabs: 1, skewMs: 267911770962, latencyMs: 24 },
        { tabs: 2, skewMs: 60590126155, latencyMs: 39 },
        { tabs: 1, skewMs: -256774289953, latencyMs: 204 },
      ],
      actions: [
        { id: 5, atMs: 1287, kind: 'quota', device: 2, seed: 1380035094 },
        { id: 7, atMs: 1475, kind: 'twin', device: 0, seed: 544400412 },
        { id: 12, atMs: 1842, kind: 'quota', device: 0, seed: 978150064 },
        { id: 35, atMs: 4349, kind: 'wish', device: 0, seed: 482838931 },
        { id: 37, atMs: 4606, kind: 'wish', device: 0, seed: 1980191408 },
      ],
    },
  },
  {
    found: 'a retry was stored and its page died before it heard so: what it took the place of was missed',
    history: {
      seed: 100588,
      devices: [
        { tabs: 2, skewMs: 0, latencyMs: 93 },
        { tabs: 1, skewMs: -31979476222, latencyMs: 2 },
      ],
      actions: [
        { id: 0, atMs: 363, kind: 'wish', device: 0, seed: 1911734630 },
        { id: 1, atMs: 470, kind: 'wish', device: 1, seed: 144421282 },
        { id: 3, atMs: 757, kind: 'wish', device: 0, seed: 1777605244 },
        { id: 9, atMs: 1690, kind: 'crashDevice', device: 0, seed: 224403126 },
        { id: 12, atMs: 2153, kind: 'retry', device: 0, seed: 708973673 },
      ],
    },
  },
  {
    found:
      'a page was stored and said to have failed, the server came back from a backup, and what leaned on the page was pushed',
    history: {
      seed: 101927,
      devices: [
        { tabs: 1, skewMs: 0, latencyMs: 18 },
        { tabs: 1, skewMs: 0, latencyMs: 389 },
        { tabs: 1, skewMs: -253686613615, latencyMs: 272 },
      ],
      actions: [
        { id: 0, atMs: 471, kind: 'duplication', device: 2, seed: 929563490 },
        { id: 1, atMs: 677, kind: 'wish', device: 2, seed: 1627653113 },
        { id: 7, atMs: 1579, kind: 'serverRestore', device: 1, seed: 256460886 },
        { id: 8, atMs: 1808, kind: 'quota', device: 1, seed: 698951559 },
        { id: 17, atMs: 2954, kind: 'wish', device: 0, seed: 173838510 },
        { id: 18, atMs: 3081, kind: 'truncation', device: 2, seed: 1105962144 },
        { id: 37, atMs: 6460, kind: 'wish', device: 1, seed: 725454871 },
      ],
    },
  },
  {
    found:
      'a device that looked at its store while it looked for the fork took the end of the old log for that of the new one, and never said synced',
    history: {
      seed: 2001987,
      devices: [
        { tabs: 1, skewMs: 0, latencyMs: 361 },
        { tabs: 2, skewMs: 0, latencyMs: 33 },
        { tabs: 1, skewMs: -293164204003, latencyMs: 152 },
      ],
      actions: [
        { id: 0, atMs: 338, kind: 'serverRestore', device: 1, seed: 863107083 },
        { id: 25, atMs: 4564, kind: 'wish', device: 2, seed: 782870222 },
        { id: 27, atMs: 4875, kind: 'rollback', device: 1, seed: 1990634328 },
        { id: 29, atMs: 5222, kind: 'wish', device: 1, seed: 1036658391 },
        { id: 39, atMs: 6693, kind: 'wish', device: 0, seed: 196031992 },
      ],
    },
  },
  {
    found:
      'a disk was set back to before a wish got another name: it got one more, and was called already applied, as it was',
    history: {
      seed: 4300952,
      devices: [
        { tabs: 2, skewMs: 1532445399, latencyMs: 68 },
        { tabs: 2, skewMs: -122541290941, latencyMs: 157 },
      ],
      actions: [
        { id: 0, atMs: 425, kind: 'wish', device: 1, seed: 1469581537 },
        { id: 3, atMs: 792, kind: 'wish', device: 1, seed: 814093825 },
        { id: 4, atMs: 940, kind: 'cut', device: 1, seed: 121473715 },
        { id: 5, atMs: 1188, kind: 'rollback', device: 1, seed: 1916086029 },
        { id: 7, atMs: 1393, kind: 'wish', device: 0, seed: 1866453390 },
        { id: 9, atMs: 1854, kind: 'wish', device: 0, seed: 1162122031 },
        { id: 10, atMs: 2068, kind: 'wish', device: 0, seed: 1856936223 },
        { id: 11, atMs: 2093, kind: 'abort', device: 0, seed: 1282288706 },
        { id: 12, atMs: 2288, kind: 'abort', device: 1, seed: 42727268 },
        { id: 14, atMs: 2740, kind: 'slowDisk', device: 1, seed: 1371521867 },
        { id: 15, atMs: 2743, kind: 'cut', device: 0, seed: 252449680 },
        { id: 16, atMs: 2867, kind: 'wish', device: 1, seed: 1489100188 },
        { id: 27, atMs: 4833, kind: 'slowDisk', device: 1, seed: 244102079 },
        { id: 51, atMs: 8525, kind: 'wish', device: 1, seed: 1292900741 },
        { id: 52, atMs: 8661, kind: 'rollback', device: 1, seed: 1911440417 },
        { id: 54, atMs: 8798, kind: 'rollback', device: 1, seed: 1029096258 },
        { id: 75, atMs: 12216, kind: 'rollback', device: 0, seed: 654599220 },
      ],
    },
  },
]

describe('histories that failed once', () => {
  for (const { found, history } of kept) {
    it(`Z1 ${found}`, async () => {
      expect((await runHistory(history, toySimulation)).violation).toBe(null)
    })
  }
})
