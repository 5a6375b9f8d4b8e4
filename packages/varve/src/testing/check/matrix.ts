/** Which traces and which explorations notice that a rule is off: the table of decisions/0019-rules-are-needed.md. */
import { explore } from './explore.ts'
import { type ControlName, controls } from './scopes.ts'
import { type Switch, switches, switchNames, withoutRule } from './switches.ts'
import { type TraceName, traceNames, traces } from './traces.ts'

export function tracesThatFail(off: Switch): readonly TraceName[] {
  return traceNames.filter((name) => traces[name](withoutRule(off)) !== null)
}

export function explorationsThatFail(off: Switch): readonly ControlName[] {
  return (Object.keys(controls) as ControlName[]).filter(
    (name) => explore(withoutRule(off), controls[name]).violation !== null,
  )
}

/** The table in Markdown, one row for each switch. */
export function matrix(): string {
  const rows = switchNames.map((off) => [
    `**${off}**`,
    switches[off],
    tracesThatFail(off).join(', '),
    explorationsThatFail(off).join(', ') || '–',
  ])
  const head = ['without', 'what happens instead', 'traces that fail', 'explorations that fail']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
