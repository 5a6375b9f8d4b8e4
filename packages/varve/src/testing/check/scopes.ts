/** The small worlds that the tests explore to their end. Larger ones: `npm run check-model -- --help`. */
import type { ToyCommand } from '../toy-rules.ts'
import type { Program } from './client-steps.ts'
import type { Scope } from './steps.ts'

const alphabet: readonly ToyCommand[] = ['TAB', 'NB', 'TA', 'FA', 'EAB']

/** Small enough to be explored without each rule in turn. In each at least one switch is noticed. */
export const controls = {
  cascade: { programs: [['TAB', 'NB'], ['TA']] },
  skew: { programs: [['RAB'], ['RBA']] },
  cancel: { programs: [['TAB', 'NB'], []], faults: { cancel: 1, retry: 1 } },
  leader: { programs: [['TA'], ['TA']], faults: { lead: 1 } },
  /** Both copies hold a1, and decide it again. */
  clone: { programs: [['EAB'], ['TA'], []], faults: { clone: 1 } },
  /** Both copies write on. */
  copy: { programs: [['TA'], [], ['FA']], faults: { clone: 1 } },
  twin: { programs: [['TA'], [], ['FA']], faults: { twin: 1 } },
  restore: { programs: [['TAB'], ['TA']], faults: { restore: 1 } },
  /** a1 may lean on b1, which the server may lose. */
  lost: { programs: [['TA'], ['FA']], faults: { restore: 1 } },
} as const satisfies Record<string, Scope>

export type ControlName = keyof typeof controls

/** A pending wish that gets two names: its dot is somebody else's, and two copies hold it. Too large for every rule. */
export const twoNames = {
  programs: [['like'], [], ['FA']],
  faults: { clone: 1, twin: 1 },
} as const satisfies Scope

/** Explored with all rules on, beside `controls`. */
export const wider: Readonly<Record<string, readonly Scope[]>> = {
  'every program of two commits and one': programsOf(2).flatMap((a) =>
    programsOf(1).map((b): Scope => ({ programs: [a, b] })),
  ),
  'reads and writes across': [
    {
      programs: [
        ['RAB', 'NB'],
        ['RBA', 'FA'],
      ],
    },
  ],
  'cancels and retries': [{ programs: [['EAB', 'NB'], ['TA']], faults: { cancel: 2, retry: 1 } }],
  'new leaders': [{ programs: [['TAB', 'NB', 'FA'], ['TA']], faults: { lead: 2 } }],
  'a copied profile': [{ programs: [['TA', 'NB'], ['EAB'], ['FA']], faults: { clone: 1 } }],
  'a copied profile and cancels': [{ programs: [['EAB'], ['TA'], ['FA']], faults: { clone: 1, cancel: 1 } }],
  'a copied machine': [{ programs: [['EAB'], ['TA'], ['FA', 'TA']], faults: { twin: 1 } }],
  'a copied machine and a copied profile': [twoNames],
  'a restored server': [
    { programs: [['TA'], ['FA', 'TA']], faults: { restore: 1 } },
    { programs: [['TAB', 'NB'], ['TA']], faults: { restore: 1, cancel: 1 } },
  ],
  'a restored server and a copied profile': [
    { programs: [['TA'], ['EAB'], []], faults: { restore: 1, clone: 1 } },
  ],
}

/** All sequences of so many commands. */
export function programsOf(commits: number): readonly Program[] {
  if (commits === 0) return [[]]
  return programsOf(commits - 1).flatMap((program) => alphabet.map((command) => [...program, command]))
}
