/** Says that a new version is there, and takes it when asked to. */

import { registerSW } from 'virtual:pwa-register'
import { RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../ui/button.tsx'

const lookEveryMs = 60 * 60 * 1000

export function UpdateNotice() {
  const [reload, setReload] = useState<(() => void) | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined
    const update = registerSW({
      onNeedRefresh: () => setReload(() => () => void update(true)),
      onRegisteredSW: (_url, registration) => {
        // Offline it fails, and that is fine: the next look may find one.
        timer = setInterval(() => registration?.update().catch(() => undefined), lookEveryMs)
      },
    })
    return () => clearInterval(timer)
  }, [])

  if (reload === null) return null
  return (
    // Above everything and beside nothing: it must not move what is under a finger.
    <div
      role="status"
      className="fixed inset-x-4 bottom-20 z-50 flex items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 text-sm shadow-lift md:right-auto md:bottom-6 md:left-6"
    >
      <RefreshCw className="size-4 text-accent" aria-hidden="true" />
      <p className="mr-auto md:mr-6">A new version is ready.</p>
      <Button size="small" onClick={reload}>
        Reload
      </Button>
    </div>
  )
}
