import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Account, Cart, shop } from './cart.fixture.ts'
import type { CommandCall } from './command.ts'
import { VarveError } from './errors.ts'
import { defineModel } from './model.ts'
import { defineStream } from './stream.ts'
import { validateCommands } from './validate-commands.ts'

const Strange = defineStream('strange', {
  initial: 0,
  events: {},
  evolve: {},
  commands: ({ command }) => ({
    trimmed: command(
      v.object({ text: v.pipe(v.string(), v.trim()), note: v.optional(v.string()) }),
      () => [],
    ),
    parsed: command(
      v.pipe(
        v.string(),
        v.transform((text) => Number(text)),
      ),
      () => [],
    ),
    growing: command(
      v.pipe(
        v.number(),
        v.transform((n) => n + 1),
      ),
      () => [],
    ),
    dated: command(v.date(), () => []),
    hostile: command(
      v.pipe(
        v.string(),
        v.check((text) => {
          throw text === 'varve' ? new VarveError('bad_name', 'no name') : new Error(`boom ${text}`)
        }),
      ),
      () => [],
    ),
    async: command(
      v.objectAsync({
        text: v.pipeAsync(
          v.string(),
          v.checkAsync(async () => true),
        ),
      }) as never,
      () => [],
    ),
    listed: command(v.array(v.array(v.number())), () => []),
    sorted: command(
      v.pipe(
        v.array(v.string()),
        v.transform((texts) => texts.map((text) => `${text}.`)),
      ),
      () => [],
    ),
    wrapped: command(
      v.union([
        v.array(v.number()),
        v.pipe(
          v.number(),
          v.transform((n) => [n]),
        ),
        v.pipe(
          v.string(),
          v.transform((text) => text.length),
        ),
      ]),
      () => [],
    ),
    optional: command(v.optional(v.string()), () => []),
  }),
})
const model = defineModel('m', { logs: { a: [Strange] } })
const refusal = (code: string, message?: string | RegExp) =>
  expect.objectContaining({
    code,
    ...(message === undefined ? {} : { message: expect.stringMatching(message) }),
  })

describe('validateCommands', () => {
  test('gives records with parsed inputs, and the kind of their log', () => {
    const calls = [
      Strange.commands.trimmed('1', { text: ' a ', note: undefined }),
      Strange.commands.optional('1'),
    ]
    expect(validateCommands(model, calls)).toEqual({
      logKind: 'a',
      commands: [
        { stream: 'strange/1', name: 'trimmed', input: { text: 'a' } },
        { stream: 'strange/1', name: 'optional' },
      ],
    })
  })

  test.each<[string, readonly CommandCall[], string | RegExp | undefined]>([
    ['no_commands', [], undefined],
    ['invalid_input', [null as never], /^dispatch: this is no call/],
    ['invalid_input', [{ stream: 'cart/1' } as never], /^dispatch: this is no call/],
    ['bad_name', [{ stream: 'cart/', name: 'checkOut' }], undefined],
    ['unknown_stream', [{ stream: 'ship/1', name: 'sail' }], undefined],
    ['unknown_command', [{ stream: 'cart/1', name: 'toString' }], undefined],
    [
      'mixed_logs',
      [Cart.commands.checkOut('1'), Account.commands.deposit('1', { amount: 1 })],
      /customer and bank/,
    ],
    ['invalid_input', [{ stream: 'cart/1', name: 'addItem', input: { sku: 1 } }], /^cart\.addItem: sku: /],
    ['invalid_input', [{ stream: 'cart/1', name: 'checkOut', input: 1 }], 'cart.checkOut: it takes no input'],
  ])('throws %s', (code, calls, message) => {
    expect(() => validateCommands(shop, calls)).toThrow(refusal(code, message))
  })

  test.each([Strange.commands.parsed('1', '5'), Strange.commands.growing('1', 5)])(
    'refuses a schema that does not keep its own output: $name',
    (call) => {
      expect(() => validateCommands(model, [call])).toThrow(refusal('invalid_input', /its own output/))
    },
  )

  test('a schema that throws leaves the command undecidable, which is the application’s to mend', () => {
    for (const [text, thrown] of [
      ['a', /^strange\.hostile: its schema threw: boom a$/],
      ['varve', /^strange\.hostile: its schema threw: no name$/],
    ] as const) {
      expect(() => validateCommands(model, [Strange.commands.hostile('1', text)])).toThrow(
        refusal('undecidable', thrown),
      )
    }
    const call: CommandCall = { stream: 'strange/1', name: 'async', input: { text: 'a' } }
    expect(() => validateCommands(model, [call])).toThrow(refusal('schema_async'))
  })

  test('lists are compared item by item', () => {
    const lists = [[1, 2], [], [3]]
    expect(validateCommands(model, [Strange.commands.listed('1', lists)]).commands).toEqual([
      { stream: 'strange/1', name: 'listed', input: lists },
    ])
    expect(validateCommands(model, [Strange.commands.wrapped('1', 3)]).commands[0]?.input).toEqual([3])
    for (const call of [Strange.commands.sorted('1', ['a']), Strange.commands.wrapped('1', 'abc')])
      expect(() => validateCommands(model, [call])).toThrow(refusal('invalid_input', /its own output/))
  })

  test('an input stays the caller’s own, though the schema gives the very object', () => {
    const input = { lists: [[1]] }
    const Kept = defineStream('kept', {
      initial: 0,
      events: {},
      evolve: {},
      commands: ({ command }) => ({
        keep: command(
          v.custom<{ lists: number[][] }>(() => true),
          () => [],
        ),
      }),
    })
    const kept = defineModel('k', { logs: { a: [Kept] } })
    const { commands } = validateCommands(kept, Kept.commands.keep('1', input))
    input.lists[0]?.push(2)
    expect(commands[0]?.input).toEqual({ lists: [[1]] })
  })

  test('refuses an output that is not plain data', () => {
    expect(() => validateCommands(model, [Strange.commands.dated('1', new Date(0))])).toThrow(
      refusal('invalid_input', /only plain objects/),
    )
  })
})
