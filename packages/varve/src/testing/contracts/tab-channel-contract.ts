/** The contract of the TabChannel port: the other tabs of a store hear each message once, in order, as a copy. */
import type { TabChannel } from '../../sync/ports.ts'
import type { TestApi } from './log-disk.ts'

export function tabChannelContract({ it, expect }: TestApi, openChannel: (name: string) => TabChannel): void {
  /** Three tabs of one store and one of another; `heard` resolves with what a tab heard until `last`. */
  function openTabs() {
    const name = `tab-channel-contract-${Math.random()}`
    return [name, name, name, `${name}-other`].map((tab) => {
      const channel = openChannel(tab)
      const messages: unknown[] = []
      const last = Promise.withResolvers<unknown[]>()
      channel.onMessage((message) => {
        if (message === 'last') last.resolve(messages)
        else messages.push(message)
      })
      return { ...channel, messages, heard: last.promise }
    }) as [...[Tab, Tab, Tab, Tab]]
  }
  type Tab = TabChannel & { readonly messages: unknown[]; readonly heard: Promise<unknown[]> }

  it('Y3 what a tab says reaches the other tabs of its store in order, as it was, and nobody else', async () => {
    const [first, second, third, stranger] = openTabs()
    const said = [{ at: 1, list: [null, 'x'] }, 2, new Map([['a', 1]])]
    for (const message of [...said, 'last']) first.post(message)
    expect(await Promise.all([second.heard, third.heard])).toEqual([said, said])
    second.post('last')
    await first.heard
    expect([first.messages, stranger.messages]).toEqual([[], []])
    for (const tab of [first, second, third, stranger]) tab.close()
  })

  it('Y3 a tab that has closed its channel hears nothing more, and the others do', async () => {
    const [first, second, third, stranger] = openTabs()
    second.close()
    for (const message of [1, 'last']) first.post(message)
    expect(await third.heard).toEqual([1])
    expect(second.messages).toEqual([])
    for (const tab of [first, third, stranger]) tab.close()
  })
}
