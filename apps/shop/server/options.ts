/** What can be said on the command line. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface Options {
  readonly host: string
  readonly port: number
  /** Whether the port was asked for: then no other one will do. */
  readonly portGiven: boolean
  readonly data: string
  readonly help: boolean
}

export const help = `Usage: node apps/shop/server/main.ts [options]

  --port <number>   port to listen on (default 4173, or the next free one; 0: any)
  --host <address>  address to bind (default 127.0.0.1)
  --data <folder>   where the log and the signing secret live (default apps/shop/.data)
  --help            this text

It serves the built shop (apps/shop/dist), signs people in, and syncs.
`

export const portDefault = 4173

/** Throws an Error in words if an option is unknown or no port. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    // pnpm passes a bare `--` on.
    args: argv.filter((arg) => arg !== '--'),
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: fileURLToPath(new URL('../.data', import.meta.url)) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const port = values.port === undefined ? portDefault : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${values.port} is not a port.`)
  return {
    host: values.host,
    port,
    portGiven: values.port !== undefined,
    data: values.data,
    help: values.help,
  }
}
