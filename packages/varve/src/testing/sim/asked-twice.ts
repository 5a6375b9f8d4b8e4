/** Every decision is asked for twice: a handler that is not pure says something else, here or on another device. */
import type { Rules } from '../../core/rules.ts'

/** @param fail is told what was decided in two ways. */
export function askedTwice<S>(rules: Rules<S>, fail: (what: string) => void): Rules<S> {
  return Object.freeze({
    ...rules,
    decide(state, intent, theirs) {
      const first = rules.decide(state, intent, theirs)
      const [once, again] = [first, rules.decide(state, intent, theirs)].map((each) => JSON.stringify(each))
      if (once !== again) {
        const what = intent.commands.map(({ stream, name }) => `${name} on ${stream}`).join(' and ')
        fail(`${what} is not pure: it was decided as ${once} and, asked again, as ${again}`)
      }
      return first
    },
  } satisfies Rules<S>)
}
