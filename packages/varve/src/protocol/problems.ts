/** What a person is told when sync cannot go on by itself. Every one of them leaves all work saved on the device. */
import type { Problem } from '../core/query.ts'

const problems = {
  stuck: {
    message: 'The server keeps asking for commits that this device does not have.',
    hint: 'All work is saved on this device. Reload; if that does not help, tell the developers.',
  },
  forbidden_log: { message: 'This account may not use this log.', hint: 'Sign in with another account.' },
  unknown_log: {
    message: 'The server does not know this log.',
    hint: 'Check the names of the logs of this store.',
  },
  forbidden: {
    message: 'This account may not write to this log.',
    hint: 'Sign in with an account that may.',
  },
  commit_too_large: {
    message: 'The server refuses even an empty commit as too large.',
    hint: 'Tell the developers.',
  },
  invalid_commit: {
    message: 'The server cannot read what this program writes.',
    hint: 'Reload to update the program.',
  },
  unauthorized: {
    message: 'The server does not accept this sign-in.',
    hint: 'Sign in again; work goes on meanwhile.',
  },
  token_expired: { message: 'The sign-in has expired.', hint: 'Sign in again; work goes on meanwhile.' },
  unsupported_protocol: {
    message: 'The server speaks another version of the protocol.',
    hint: 'Reload to update the program; work goes on meanwhile.',
  },
  malformed: { message: 'The server could not read a message.', hint: 'Reload to update the program.' },
  hello_expected: { message: 'The server expected a greeting.', hint: 'Reload to update the program.' },
  frame_too_large: { message: 'The server refused a message as too large.', hint: 'Tell the developers.' },
} as const satisfies Record<string, Omit<Problem, 'code'>>

export type ProblemCode = keyof typeof problems

export function problemOf(code: ProblemCode): Problem {
  return { code, ...problems[code] }
}
