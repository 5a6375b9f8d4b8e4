// What the campaigns are asked for on the command line: whole numbers, each with a default.
import { parseArgs } from 'node:util'

/**
 * Ends the process with the usage if that is asked for, and with code 2 if a number is none.
 * @template {string} Name
 * @param {string} usage
 * @param {Record<Name, number>} defaults
 * @returns {Record<Name, number>}
 */
export function campaignOptions(usage, defaults) {
  const names = /** @type {Name[]} */ (Object.keys(defaults))
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: /** @type {'string'} */ ('string') }])),
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const numberOf = (/** @type {Name} */ name) => {
    const text = /** @type {Record<string, string | boolean | undefined>} */ (values)[name]
    const value = text === undefined ? defaults[name] : Number(text)
    if (Number.isSafeInteger(value) && value >= 1) return value
    console.error(`--${name} must be a whole number from 1, not ${text}`)
    process.exit(2)
  }
  return /** @type {Record<Name, number>} */ (Object.fromEntries(names.map((name) => [name, numberOf(name)])))
}
