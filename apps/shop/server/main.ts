/** `node apps/shop/server/main.ts`: starts the shop and says where it is. */
import { help, type Options, parseOptions } from './options.ts'
import { startShopServer } from './shop-server.ts'

await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<void> {
  const options = readOptions(argv)
  if (options.help) {
    process.stdout.write(help)
    return
  }
  const server = await startShopServer(options, (line) => console.log(`varve shop: ${line}`)).catch(fail)
  let closing = false
  const stop = () => {
    if (closing) return
    closing = true
    server.close().then(() => process.exit(0), fail)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  console.log(`varve shop: ${server.url}`)
}

function readOptions(argv: readonly string[]): Options {
  try {
    return parseOptions(argv)
  } catch (error) {
    return fail(error)
  }
}

function fail(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  const hint = (error as { readonly hint?: string | null }).hint
  console.error(`varve shop: ${code === 'EADDRINUSE' ? 'That port is taken. Try --port 0.' : message}`)
  if (hint) console.error(hint)
  process.exit(1)
}
