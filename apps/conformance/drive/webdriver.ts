/**
 * As much of a W3C WebDriver client as it takes to open one page and wait for one promise of it.
 * https://www.w3.org/TR/webdriver2/
 */

export interface WebDriver {
  open(url: string): Promise<void>
  /** What a promise that is the value of the expression resolves with, once there is one: a page may be open before its modules have run. */
  evaluate(expression: string, msMax: number): Promise<unknown>
  end(): Promise<void>
}

/** @param capabilities which browser to start, and how */
export async function startWebDriver(driverUrl: string, capabilities: object): Promise<WebDriver> {
  const { sessionId } = (await send(`${driverUrl}/session`, 'POST', {
    capabilities: { alwaysMatch: capabilities },
  })) as { readonly sessionId: string }
  const session = `${driverUrl}/session/${sessionId}`
  return {
    async open(url) {
      await send(`${session}/url`, 'POST', { url })
    },
    async evaluate(expression, msMax) {
      await send(`${session}/timeouts`, 'POST', { script: msMax })
      const script = `
        const done = arguments[0]
        const look = () => {
          const promise = ${expression}
          if (promise === undefined) setTimeout(look, 50)
          else promise.then(done)
        }
        look()`
      return send(`${session}/execute/async`, 'POST', { script, args: [] }, msMax)
    },
    async end() {
      await send(session, 'DELETE')
    },
  }
}

/** Over what the command itself may take: then the driver has died. */
const patienceMs = 30_000

async function send(url: string, method: string, body?: object, commandMs = 0): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(commandMs + patienceMs),
  })
  const { value } = (await response.json()) as { readonly value: { readonly message?: string } }
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.message}`)
  return value
}
