/** Shows the cases and how they end. */
import type { Case, CaseResult } from './runner.ts'

export interface View {
  add(result: CaseResult): void
  /** The sentence above all, and what colour it has. */
  say(total: string, result: 'running' | 'passed' | 'failed'): void
}

export function createView(cases: readonly Case[]): View {
  const progress = mustFind('progress') as HTMLProgressElement
  progress.max = cases.length
  mustFind('browser').textContent = navigator.userAgent
  const groups = new Map([...new Set(cases.map(groupOf))].map((name) => [name, createGroup(name)]))
  for (const one of cases) groups.get(groupOf(one))?.expect()
  mustFind('groups').replaceChildren(...[...groups.values()].map(({ element }) => element))
  return {
    add(result) {
      progress.value += 1
      groups.get(groupOf(result))?.add(result)
    },
    say(total, result) {
      mustFind('total').textContent = total
      document.documentElement.dataset.result = result
    },
  }
}

/** The outermost of its groups. */
function groupOf({ group }: { readonly group: string }): string {
  return group.split(' › ', 1)[0] ?? group
}

/** One part that opens and closes; it opens itself for what did not pass. */
function createGroup(name: string) {
  const [element, summary, count, list] = [
    create('details'),
    create('summary', name),
    create('span'),
    create('ul'),
  ]
  const numbers = { expected: 0, passed: 0, failed: 0, skipped: 0 }
  const sayCount = (): void => {
    const { expected, passed, failed, skipped } = numbers
    const more = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`].filter(Boolean)
    count.textContent = ` ${[`${passed} of ${expected} passed`, ...more].join(', ')}`
  }
  summary.append(count)
  element.append(summary, list)
  return {
    element,
    expect() {
      numbers.expected += 1
      sayCount()
    },
    add(result: CaseResult) {
      numbers[result.status] += 1
      if (result.status !== 'passed') element.open = true
      list.append(itemOf(result))
      sayCount()
    },
  }
}

function itemOf({ rule, title, status, reason, ms }: CaseResult): HTMLElement {
  const item = create('li')
  item.className = status
  const text = create('span', `${rule === '' ? '' : `${rule} `}${title} `)
  text.append(create('small', `${ms}\u00a0ms`))
  item.append(create('b', status), text)
  if (reason !== '') item.append(create('pre', reason))
  return item
}

function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  element.textContent = text
  return element
}

function mustFind(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no #${id}.`)
  return element
}
